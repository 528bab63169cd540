package cli

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"math"
	"net/http"
	"os"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/mixtapehq/mixtape/insight"
)

// ReportCommand tells what a journey did and what that was worth.
type ReportCommand struct {
	Connection
	Journey string `arg:"" help:"The journey, or imported/NAME for an experiment that ran elsewhere."`
	Control string `placeholder:"VARIANT" help:"Of an imported experiment: the variant to measure against. Without it the one called control, else the first."`
	JSON    bool   `name:"json" help:"Print it as JSON."`
	HTML    string `name:"html" placeholder:"FILE" help:"Write it as one page with plots, which needs nothing else."`
}

type importedReport struct {
	Name   string             `json:"experiment"`
	Result insight.Experiment `json:"result"`
}

// Run asks and tells.
func (r *ReportCommand) Run(c *Call) error {
	server, err := r.open()
	if err != nil {
		return err
	}
	if name, imported := strings.CutPrefix(r.Journey, "imported/"); imported {
		return r.imported(c, server, name)
	}
	var report insight.Report
	if err := server.manage(c, http.MethodGet, "/api/journeys/"+segment(r.Journey)+"/report", nil, &report); err != nil {
		return err
	}
	switch {
	case r.JSON:
		return c.printJSON(report)
	case r.HTML != "":
		file, err := os.Create(r.HTML)
		if err != nil {
			return fmt.Errorf("write the report: %w", err)
		}
		if err := writePage(file, report); err != nil {
			_ = file.Close()
			return err
		}
		c.printf("%s\n", r.HTML)
		return file.Close()
	}
	tellReport(c.Stdout, report)
	return nil
}

func (r *ReportCommand) imported(c *Call, server *api, name string) error {
	var report importedReport
	path := "/api/experiments/imported/" + segment(name)
	if r.Control != "" {
		path += "?control=" + segment(r.Control)
	}
	if err := server.manage(c, http.MethodGet, path, nil, &report); err != nil {
		return err
	}
	if r.JSON {
		return c.printJSON(report)
	}
	if r.HTML != "" {
		return fmt.Errorf("only journeys have a page; leave out --html")
	}
	fmt.Fprintf(c.Stdout, "%s\n\n", report.Name)
	tellExperiment(c.Stdout, report.Result, "")
	return nil
}

// tellReport prints a report for a terminal.
func tellReport(out io.Writer, r insight.Report) {
	fmt.Fprintf(out, "%s, %s\n", r.Journey, r.At.Format("2 Jan 2006 15:04 MST"))
	fmt.Fprintf(out, "%s entered, %s are on their way, %s are held out\n", number(r.Entered), number(r.Here), number(r.HeldOut))
	if r.Goal != "" {
		fmt.Fprintf(out, "goal %s: %s of %s entries (%s), worth %s\n", r.Goal, number(r.Goals), number(r.Entered), percent(insight.Rate(r.Goals, r.Entered, insight.Level).Value), money(r.Value))
	}
	fmt.Fprintln(out)

	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "step\treached\there\tsent\tdelivered\topened\tclicked\tskipped\tended there")
	for _, s := range r.Steps {
		var sum insight.MessageReport
		for _, m := range s.Messages {
			sum.Sent, sum.Delivered, sum.Opened, sum.Clicked = sum.Sent+m.Sent, sum.Delivered+m.Delivered, sum.Opened+m.Opened, sum.Clicked+m.Clicked
		}
		name := s.Step
		if s.Gone {
			name += " (gone)"
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", name, blank(s.Reached), blank(s.Here), blank(sum.Sent), blank(sum.Delivered), blank(sum.Opened), blank(sum.Clicked), reasons(s.Skipped), reasons(s.Exits))
	}
	_ = t.Flush()

	if len(r.Messages) > 0 {
		fmt.Fprintln(out)
		t = tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
		fmt.Fprintln(t, "message\tsent\tbounced\tclicked, of those sent\tunsubscribed\tcomplained\tlast before a goal")
		for _, m := range r.Messages {
			fmt.Fprintf(t, "%s\t%s\t%s\t%s %s\t%s\t%s\t%s, worth %s\n", m.Name, number(m.Sent), blank(m.Bounced), number(m.Clicked), within(m.Click, percent), blank(m.Unsubscribed), blank(m.Complained), number(m.LastTouch), money(m.LastValue))
		}
		_ = t.Flush()
	}
	tellLift(out, r)
	for _, e := range r.Trials {
		fmt.Fprintf(out, "\nexperiment %s, by %s\n", e.Step, e.Metric)
		tellExperiment(out, e.Experiment, "  ")
		if e.Personal != nil {
			used := "; not used yet"
			if e.Earned {
				used = "; it is used"
			}
			fmt.Fprintf(out, "  choosing for each person promises %s above the best single variant%s\n", within(*e.Personal, points), used)
		}
	}
	if len(r.Refused) > 0 {
		fmt.Fprintf(out, "\nrefused: %s\n", reasons(r.Refused))
	}
	if len(r.Exits) > 0 {
		fmt.Fprintf(out, "ended: %s\n", reasons(r.Exits))
	}
}

// tellLift says what would not have happened without the journey.
func tellLift(out io.Writer, r insight.Report) {
	l := r.Lift
	fmt.Fprintln(out)
	if !l.Claimed {
		fmt.Fprintf(out, "What it earned cannot be said: %s.\n", l.Why)
		return
	}
	fmt.Fprintf(out, "Against the held-out, each person once (intervals of 95 %%):\n")
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, a := range r.Arms {
		fmt.Fprintf(t, "  %s\t%s of %s people reached the goal\t%s\tworth %s a head\n", a.Name, number(a.Converted), number(a.People), percent(a.Rate()), cents(a.Value.Mean()))
	}
	_ = t.Flush()
	t = tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(t, "  goal rate\t%s\n", within(l.Rate, points))
	if l.Relative != nil {
		fmt.Fprintf(t, "  relative\t%s\n", within(*l.Relative, signedPercent))
	}
	fmt.Fprintf(t, "  conversions on its account\t%s\n", within(l.Conversions, whole))
	fmt.Fprintf(t, "  value a head\t%s%s\n", within(l.Head.Difference, signedCents), howHead(l.Head))
	fmt.Fprintf(t, "  value on its account\t%s\n", within(l.Revenue, money))
	fmt.Fprintf(t, "  cost of its messages\t%s\n", money(l.Cost))
	fmt.Fprintf(t, "  profit\t%s\n", within(l.Profit, money))
	if l.ROI != nil {
		fmt.Fprintf(t, "  profit for each unit of cost\t%s\n", within(*l.ROI, ratio))
	}
	fmt.Fprintf(t, "  unsubscribed\t%s\n", within(l.Unsubscribed, points))
	_ = t.Flush()
	if l.Head.Thin {
		fmt.Fprintln(out, "  Fewer than 50 people of a group have any value: intervals of values are not to be trusted yet.")
	}
	if len(r.Retention) > 0 {
		fmt.Fprintln(out, "\nCame back, of those whose week is over:")
		t = tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
		for _, w := range r.Retention {
			fmt.Fprintf(t, "  week %d", w.Week+1)
			for _, a := range w.Arms {
				fmt.Fprintf(t, "\t%s %s of %s", a.Name, within(a.Rate, percent), number(a.People))
			}
			fmt.Fprintln(t)
		}
		_ = t.Flush()
	}
}

func howHead(m insight.Mean) string {
	if m.Adjusted {
		return fmt.Sprintf(", adjusted for what they did before (%s of the variance)", percent(m.Saved))
	}
	return ""
}

func tellExperiment(out io.Writer, e insight.Experiment, indent string) {
	switch {
	case !e.Claimed:
		fmt.Fprintf(out, "%sNothing can be said: %s.\n", indent, e.Why)
	case e.Split.Known:
		fmt.Fprintf(out, "%ssplit as it was meant (chance would do worse in %s of cases); intervals hold however often one looks\n", indent, percent(e.Split.P))
	default:
		fmt.Fprintf(out, "%sintervals hold however often one looks\n", indent)
	}
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(t, "%svariant\tpeople\tconverted\trate\tabove the control\tbest\tvalue a head\tabove the control\t\n", indent)
	for _, v := range e.Variants {
		difference, value, best, verdict := "", "", "", ""
		if e.Claimed {
			best = percent(v.Best)
		}
		if v.Control {
			verdict = "control"
		} else if e.Claimed {
			difference, value = within(v.Difference, points), within(v.Value.Difference, signedCents)
			verdict = string(v.Verdict)
		}
		if len(v.Harms) > 0 {
			verdict += ", more " + strings.Join(v.Harms, " and ")
		}
		fmt.Fprintf(t, "%s%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", indent, v.Arm.Name, number(v.Arm.People), number(v.Arm.Converted), exactPercent(v.Arm.Rate()), difference, best, cents4(v.Arm.Value.Mean()), value, verdict)
	}
	_ = t.Flush()
}

func within(e insight.Estimate, write func(float64) string) string {
	if math.IsInf(e.Low, 0) || math.IsInf(e.High, 0) {
		return write(e.Value) + " (too few to say)"
	}
	return fmt.Sprintf("%s (%s to %s)", write(e.Value), write(e.Low), write(e.High))
}

func percent(x float64) string       { return fmt.Sprintf("%.1f %%", 100*x) }
func exactPercent(x float64) string  { return fmt.Sprintf("%.3f %%", 100*x) }
func signedPercent(x float64) string { return fmt.Sprintf("%+.1f %%", 100*x) }
func points(x float64) string        { return fmt.Sprintf("%+.2f points", 100*x) }
func whole(x float64) string         { return fmt.Sprintf("%.0f", x) }
func money(x float64) string         { return fmt.Sprintf("%.2f", x) }
func cents(x float64) string         { return fmt.Sprintf("%.3f", x) }
func cents4(x float64) string        { return fmt.Sprintf("%.4f", x) }
func signedCents(x float64) string   { return fmt.Sprintf("%+.4f", x) }
func ratio(x float64) string         { return fmt.Sprintf("%.2f", x) }

// number writes a count with its thousands apart.
func number(n int64) string {
	text := fmt.Sprint(n)
	for i := len(text) - 3; i > 0 && text[i-1] != '-'; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}

func blank(n int64) string {
	if n == 0 {
		return ""
	}
	return number(n)
}

// reasons writes counts by reason, the most frequent first.
func reasons(all map[string]int64) string {
	names := slices.SortedFunc(maps.Keys(all), func(a, b string) int { return cmp.Or(cmp.Compare(all[b], all[a]), strings.Compare(a, b)) })
	var words []string
	for _, name := range names {
		if all[name] != 0 {
			words = append(words, number(all[name])+" "+name)
		}
	}
	return strings.Join(words, ", ")
}
