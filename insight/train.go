package insight

import "fmt"

// Sample is somebody at a moment, and whether it happened in the time after.
type Sample struct {
	Row      []float64 `json:"row"`
	Happened bool      `json:"happened"`
}

// Trained is what came of training: the model, how good it is, and whether it is to be used.
type Trained struct {
	Model    Logistic `json:"model"`
	Quality  Quality  `json:"quality"`  // on a time that it has not seen
	Baseline Quality  `json:"baseline"` // of the baseline, there
	Promoted bool     `json:"promoted"`
	Why      string   `json:"why"`
}

// ridge is that of models: weak, but enough that features which say the same do not drift apart.
const ridge = 10

// Train fits on the earlier samples and judges on the later ones: nothing of the time in which it is judged is known where it is fitted. The baseline is
// the same model of one feature alone. A model that is not better than that by more than chance (the interval of the log loss that it saves a person leaves
// out nought), or that reads what gives the answer away, is not promoted. One that is, is fitted anew on the later samples, and is that of Model.
func Train(names []string, earlier, later []Sample, baseline int) Trained {
	rows, happened := apart(earlier)
	if leaks := Leaks(names, rows, happened); len(leaks) > 0 {
		return Trained{Why: fmt.Sprintf("not used: %q tells the outcome by itself, as only something that was written after it does", leaks[0])}
	}
	model, ok := FitLogistic(names, rows, happened, ridge)
	alone, known := FitLogistic(names[baseline:baseline+1], column(rows, baseline), happened, ridge)
	if !ok || !known {
		return Trained{Why: fmt.Sprintf("not used: %d people, of whom too few did it or did not, are not enough to learn from", len(rows))}
	}
	own, its := score(model, later), score(alone, only(later, baseline))
	t := Trained{Model: model, Quality: Judge(own), Baseline: Judge(its)}
	better := saved(own, its)
	t.Quality.Better = &better
	switch {
	case t.Quality.Happened == 0 || t.Quality.Happened == t.Quality.People:
		t.Why = "not used: in the time that it was to be judged by, it happened to all or to nobody"
		return t
	case t.Quality.AUC <= t.Baseline.AUC || better.Low <= 0:
		t.Why = fmt.Sprintf("not used: it is not surely better than %s alone (AUC %.3f, that alone %.3f)", names[baseline], t.Quality.AUC, t.Baseline.AUC)
		return t
	}
	rows, happened = apart(later)
	if fresh, ok := FitLogistic(names, rows, happened, ridge); ok {
		t.Model = fresh
	}
	t.Promoted = true
	t.Why = fmt.Sprintf("used: better than %s alone (AUC %.3f, that alone %.3f)", names[baseline], t.Quality.AUC, t.Baseline.AUC)
	return t
}

func apart(samples []Sample) (rows [][]float64, happened []bool) {
	rows, happened = make([][]float64, len(samples)), make([]bool, len(samples))
	for i, s := range samples {
		rows[i], happened[i] = s.Row, s.Happened
	}
	return rows, happened
}

func column(rows [][]float64, j int) [][]float64 {
	one := make([][]float64, len(rows))
	for i, row := range rows {
		one[i] = row[j : j+1]
	}
	return one
}

func only(samples []Sample, j int) []Sample {
	one := make([]Sample, len(samples))
	for i, s := range samples {
		one[i] = Sample{s.Row[j : j+1], s.Happened}
	}
	return one
}

func score(m Logistic, samples []Sample) []Scored {
	all := make([]Scored, len(samples))
	for i, s := range samples {
		all[i] = Scored{m.Score(s.Row), s.Happened}
	}
	return all
}
