package trial

import (
	"context"
	"maps"
	"time"

	"github.com/mixtapehq/mixtape/document"
	"github.com/mixtapehq/mixtape/profile"
	"github.com/mixtapehq/mixtape/rules"
	"github.com/mixtapehq/mixtape/store"
)

// Learned is what a training finds: of the person, and, of what is on the rise, for all.
type Learned struct {
	profile.Findings
	Trending map[string]string
}

func (r *reader) learned(n *document.Node) *Learned {
	l := &Learned{}
	r.Fields(n, "what is learned", map[string]func(*document.Node){
		"scores":     func(v *document.Node) { l.Scores = found(r.numbers(v, "scores")) },
		"affinities": func(v *document.Node) { l.Affinities = found(r.words(v, "affinities")) },
		"trending":   func(v *document.Node) { l.Trending = r.words(v, "trending") },
	})
	return l
}

func found[V any](values map[string]V) map[string]*V {
	all := map[string]*V{}
	for name, value := range values {
		all[name] = &value
	}
	return all
}

// learn writes what a training finds, and has those look again who read it.
func (p *play) learn(ctx context.Context, l *Learned) error {
	p.rise(l.Trending)
	changed := profile.SetComputed(p.person, l.Findings)
	if len(changed) == 0 {
		return nil
	}
	_, err := p.AddEvent(ctx, store.NewEvent{Changed: changed})
	return err
}

// rise makes the values what is on the rise, over whatever time is asked for.
func (p *play) rise(values map[string]string) {
	if len(values) == 0 {
		return
	}
	trends := store.Trends{}
	maps.Copy(trends, p.deployment.Settings.Trends)
	for name, value := range values {
		for days := 1; days <= rules.MostTrendDays; days++ {
			trends[rules.Trend{Of: name, Within: time.Duration(days) * 24 * time.Hour}] = value
		}
	}
	p.deployment.Settings.Trends = trends
	for _, run := range p.runs {
		if run.Status == store.Active {
			p.letters = append(p.letters, letter{run, run.Seq, "trending"})
		}
	}
}
