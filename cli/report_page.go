package cli

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"math"
	"strings"

	"github.com/mixtapehq/mixtape/insight"
)

//go:embed report.html
var reportPage string

// plotBar is one bar of a plot, in parts of the longest.
type plotBar struct {
	Label, Words string
	Part         float64 // 0 to 1, in percent
}

// interval is an estimate on a common scale with nought in it; all but the words in percent of the width.
type interval struct {
	Label, Words           string
	Low, High, Value, Zero float64
	Sure, Bounded          bool
}

// line is a line of a plot as SVG's points, in a box of 600 by 120.
type line struct {
	Label, Colour, Points string
}

// page is what report.html shows.
type page struct {
	insight.Report
	Funnel     []plotBar
	After      []plotBar
	Timeline   []line
	FirstDay   string
	LastDay    string
	MostOfADay string
	Lifts      []interval
	Trials     []trialPage
	Weeks      []string
}

type trialPage struct {
	insight.TrialReport
	Intervals []interval
}

// writePage writes a report as one page that needs nothing else.
func writePage(to io.Writer, r insight.Report) error {
	t, err := template.New("report").Funcs(template.FuncMap{
		"number": number, "percent": percent, "exact": exactPercent, "money": money, "cents": cents4, "reasons": reasons,
		"click": func(e insight.Estimate) string { return within(e, percent) },
	}).Parse(reportPage)
	if err != nil {
		return err
	}
	p := page{Report: r}
	var most float64
	for _, s := range r.Steps {
		most = max(most, float64(s.Reached))
	}
	for _, s := range r.Steps {
		words := number(s.Reached) + " reached"
		if s.Here > 0 {
			words += ", " + number(s.Here) + " are here"
		}
		p.Funnel = append(p.Funnel, plotBar{s.Step, words, part(float64(s.Reached), most)})
	}
	most = 0
	for _, b := range r.GoalAfter {
		most = max(most, float64(b.N))
	}
	for _, b := range r.GoalAfter {
		p.After = append(p.After, plotBar{"up to " + span(b.Minutes), number(b.N), part(float64(b.N), most)})
	}
	p.timeline()
	p.lifts()
	for _, trial := range r.Trials {
		p.Trials = append(p.Trials, trialPage{trial, variants(trial)})
	}
	for _, w := range r.Retention {
		words := fmt.Sprintf("week %d:", w.Week+1)
		for _, a := range w.Arms {
			words += fmt.Sprintf(" %s %s of %s;", a.Name, within(a.Rate, percent), number(a.People))
		}
		p.Weeks = append(p.Weeks, strings.TrimSuffix(words, ";"))
	}
	return t.Execute(to, p)
}

func part(x, most float64) float64 {
	if most == 0 {
		return 0
	}
	return math.Round(1000*x/most) / 10
}

func span(minutes int64) string {
	switch {
	case minutes < 60:
		return fmt.Sprintf("%d min", minutes)
	case minutes < 48*60:
		return fmt.Sprintf("%.0f h", float64(minutes)/60)
	default:
		return fmt.Sprintf("%.0f days", float64(minutes)/1440)
	}
}

func (p *page) timeline() {
	days := p.Report.Days
	if len(days) < 2 {
		return
	}
	var most int64
	for _, d := range days {
		most = max(most, d.Entered, d.Sent, d.Goals)
	}
	draw := func(of func(insight.DayReport) int64) string {
		var points strings.Builder
		for i, d := range days {
			fmt.Fprintf(&points, "%.1f,%.1f ", 600*float64(i)/float64(len(days)-1), 120-1.2*part(float64(of(d)), float64(most)))
		}
		return points.String()
	}
	p.FirstDay, p.LastDay, p.MostOfADay = days[0].Day, days[len(days)-1].Day, number(most)
	p.Timeline = []line{
		{"entered", "#5b21b6", draw(func(d insight.DayReport) int64 { return d.Entered })},
		{"sent", "#0e7490", draw(func(d insight.DayReport) int64 { return d.Sent })},
		{"goals", "#b45309", draw(func(d insight.DayReport) int64 { return d.Goals })},
	}
}

// lifts are on scales of their own: they have different units.
func (p *page) lifts() {
	if !p.Lift.Claimed {
		return
	}
	add := func(label string, e insight.Estimate, write func(float64) string) {
		p.Lifts = append(p.Lifts, scaled(label, within(e, write), e, e))
	}
	add("goal rate", p.Lift.Rate, points)
	if p.Lift.Relative != nil {
		add("relative", *p.Lift.Relative, signedPercent)
	}
	add("conversions on its account", p.Lift.Conversions, whole)
	add("value a head", p.Lift.Head.Difference, signedCents)
	add("value on its account", p.Lift.Revenue, money)
	add("profit", p.Lift.Profit, money)
	if p.Lift.ROI != nil {
		add("profit for each unit of cost", *p.Lift.ROI, ratio)
	}
}

// variants are on one scale.
func variants(t insight.TrialReport) (all []interval) {
	scale := insight.Estimate{}
	for _, v := range t.Variants {
		if d := v.Difference; !v.Control && !math.IsInf(d.Low, 0) && !math.IsInf(d.High, 0) {
			scale.Low, scale.High = min(scale.Low, d.Low), max(scale.High, d.High)
		}
	}
	for _, v := range t.Variants {
		if !v.Control && t.Claimed {
			all = append(all, scaled(v.Arm.Name, within(v.Difference, points), v.Difference, scale))
		}
	}
	return all
}

// scaled places an estimate on a scale that holds nought and all of scale, with some room to both sides.
func scaled(label, words string, e, scale insight.Estimate) interval {
	i := interval{Label: label, Words: words, Sure: e.Sure()}
	if math.IsInf(e.Low, 0) || math.IsInf(e.High, 0) || math.IsNaN(e.Value) {
		return i
	}
	low, high := min(0, scale.Low), max(0, scale.High)
	room := 0.05 * (high - low)
	low, high = low-room, high+room
	if high == low {
		return i
	}
	at := func(x float64) float64 { return math.Round(1000*(x-low)/(high-low)) / 10 }
	i.Low, i.High, i.Value, i.Zero, i.Bounded = at(e.Low), at(e.High), at(e.Value), at(0), true
	return i
}

// Width is the length of an interval.
func (i interval) Width() float64 { return math.Round(10*(i.High-i.Low)) / 10 }
