package cli

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"
)

// EnrolmentsCommand shows enrolments, and changes them.
type EnrolmentsCommand struct {
	List   EnrolmentsList   `cmd:"" default:"withargs" help:"Show how far enrolments are, newest first."`
	Watch  EnrolmentsWatch  `cmd:"" help:"Watch one until it is over."`
	Pause  EnrolmentsPause  `cmd:"" help:"Hold one: nobody enters until it is resumed."`
	Resume EnrolmentsResume `cmd:"" help:"Let one go on."`
	Cancel EnrolmentsCancel `cmd:"" help:"End one. Whoever has entered stays."`
}

// EnrolmentsList lists enrolments.
type EnrolmentsList struct {
	Connection
	Journey string `placeholder:"KEY" help:"Only into this journey."`
	Limit   int    `default:"20" help:"How many at most."`
	JSON    bool   `name:"json" help:"Print them as JSON."`
}

// enrolment is the entry of many, as the API tells it.
type enrolment struct {
	ID         string           `json:"id"`
	Journey    string           `json:"journey"`
	Source     string           `json:"source"`
	Segment    string           `json:"segment,omitempty"`
	Rule       string           `json:"rule,omitempty"`
	Occurrence *time.Time       `json:"occurrence,omitempty"`
	State      string           `json:"state"`
	Held       string           `json:"held,omitempty"`
	Why        string           `json:"why,omitempty"`
	PerMinute  int              `json:"per_minute,omitempty"`
	Total      int64            `json:"total"`
	Seen       int64            `json:"seen"`
	Entered    int64            `json:"entered"`
	Refused    map[string]int64 `json:"refused"`
	CreatedAt  time.Time        `json:"created_at"`
}

func (e enrolment) over() bool { return e.State == "done" || e.State == "cancelled" }

// state says how it stands.
func (e enrolment) state() string {
	switch {
	case e.Why != "":
		return e.State + ": " + e.Why
	case e.Held != "":
		return "held: " + e.Held
	}
	return e.State
}

// audience says whom it concerns.
func (e enrolment) audience() string {
	switch {
	case e.Segment != "":
		return "segment " + e.Segment
	case e.Rule != "":
		return "rule " + e.Rule
	case e.Occurrence != nil:
		return "schedule, from " + e.Occurrence.Local().Format(time.DateTime)
	}
	return "a list"
}

// outcome says what became of the people.
func (e enrolment) outcome() string {
	words := []string{people(e.Entered) + " entered " + e.Journey}
	for _, reason := range slices.Sorted(maps.Keys(e.Refused)) {
		words = append(words, fmt.Sprintf("%d not: %s", e.Refused[reason], reason))
	}
	return strings.Join(words, ", ")
}

// Run lists them.
func (l *EnrolmentsList) Run(c *Call) error {
	server, err := l.open()
	if err != nil {
		return err
	}
	query := url.Values{"limit": {strconv.Itoa(min(500, max(1, l.Limit)))}}
	if l.Journey != "" {
		query.Set("journey", l.Journey)
	}
	var page struct {
		Enrolments []enrolment `json:"enrolments"`
	}
	if err := server.manage(c, http.MethodGet, "/api/enrolments?"+query.Encode(), nil, &page); err != nil {
		return err
	}
	if l.JSON {
		return c.printJSON(page)
	}
	if len(page.Enrolments) == 0 {
		c.printf("no enrolments\n")
		return nil
	}
	t := tabwriter.NewWriter(c.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "ENROLMENT\tJOURNEY\tWHO\tSTATE\tSEEN\tENTERED")
	for _, e := range page.Enrolments {
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%d of %d\t%d\n", e.ID, e.Journey, firstLine(e.audience()), e.state(), e.Seen, e.Total, e.Entered)
	}
	return t.Flush()
}

// EnrolmentsWatch watches one.
type EnrolmentsWatch struct {
	Connection
	Enrolment string `arg:"" help:"Its id, as mixtape enrolments shows it."`
	JSON      bool   `name:"json" help:"Print only what became of it, as JSON."`
}

// Run watches it.
func (w *EnrolmentsWatch) Run(c *Call) error {
	server, err := w.open()
	if err != nil {
		return err
	}
	var e enrolment
	if err := server.manage(c, http.MethodGet, "/api/enrolments/"+segment(w.Enrolment), nil, &e); err != nil {
		return err
	}
	return server.watch(c, e, w.JSON)
}

// OneOfEnrolments names one.
type OneOfEnrolments struct {
	Connection
	Enrolment string `arg:"" help:"Its id, as mixtape enrolments shows it."`
}

func (o *OneOfEnrolments) change(c *Call, how, words string) error {
	server, err := o.open()
	if err != nil {
		return err
	}
	var e enrolment
	if err := server.manage(c, http.MethodPost, "/api/enrolments/"+segment(o.Enrolment)+"/"+how, nil, &e); err != nil {
		return err
	}
	c.printf("%s %s; %s\n", e.ID, words, e.outcome())
	if how == "resume" && e.Held != "" {
		c.printf("it is still held: %s\n", e.Held)
	}
	return nil
}

// EnrolmentsPause holds one.
type EnrolmentsPause struct{ OneOfEnrolments }

// Run pauses it.
func (p *EnrolmentsPause) Run(c *Call) error { return p.change(c, "pause", "is paused") }

// EnrolmentsResume lets one go on.
type EnrolmentsResume struct{ OneOfEnrolments }

// Run resumes it.
func (r *EnrolmentsResume) Run(c *Call) error { return r.change(c, "resume", "goes on") }

// EnrolmentsCancel ends one.
type EnrolmentsCancel struct{ OneOfEnrolments }

// Run cancels it.
func (x *EnrolmentsCancel) Run(c *Call) error { return x.change(c, "cancel", "is cancelled") }

// enrolmentLook is how often one that is watched is asked.
const enrolmentLook = time.Second

// sleep waits, or tells that the command is to end.
func (c *Call) sleep(t time.Duration) error {
	select {
	case <-c.Done():
		return c.Err()
	case <-time.After(t):
		return nil
	}
}

// bar shows how far it has come: on a terminal in one line that changes, else a line each time.
func (c *Call) bar(e enrolment) {
	const width = 30
	share := 0.0
	if e.Total > 0 {
		share = min(1, float64(e.Seen)/float64(e.Total))
	}
	text := fmt.Sprintf("%3.0f%%  %d of %d seen, %d entered", 100*share, e.Seen, e.Total, e.Entered)
	if e.State != "running" || e.Held != "" {
		text += "  " + e.state()
	}
	if !c.terminal() {
		fmt.Fprintln(c.Stderr, text)
		return
	}
	full := int(share * width)
	fmt.Fprintf(c.Stderr, "\r\x1b[K[%s%s] %s", strings.Repeat("=", full), strings.Repeat(" ", width-full), text)
}

// endBar leaves the line of the bar.
func (c *Call) endBar() {
	if c.terminal() {
		fmt.Fprint(c.Stderr, "\r\x1b[K")
	}
}

// terminal tells whether somebody watches what is told beside the output.
func (c *Call) terminal() bool {
	f, ok := c.Stderr.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
