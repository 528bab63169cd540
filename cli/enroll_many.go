package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"

	"github.com/mixtapehq/mixtape/store"
)

// Many are the people of an enrolment, and how they enter.
type Many struct {
	Segment string `placeholder:"KEY" help:"Let everybody of this segment in."`
	Rule    string `placeholder:"RULE" help:"Let everybody in of whom this rule is true."`
	File    string `placeholder:"FILE" help:"Let those in whose ids are in this file, one a line; - is the input. Ids that nobody has are written to FILE.unknown."`
	Rate    string `placeholder:"N/m" help:"How many may enter: 500/m a minute, 30000/h an hour."`
	Spread  string `placeholder:"LENGTH" help:"Over how long their runs begin, such as 2h."`
	Yes     int64  `placeholder:"N" help:"Go on although this concerns N people."`
	Detach  bool   `help:"Only begin; do not wait until all have entered."`
}

func (m *Many) said() (n int) {
	for _, one := range []string{m.Segment, m.Rule, m.File} {
		if one != "" {
			n++
		}
	}
	return n
}

// perMinute reads a rate.
func (m *Many) perMinute() (int, error) {
	if m.Rate == "" {
		return 0, nil
	}
	number, unit, _ := strings.Cut(m.Rate, "/")
	n, err := strconv.Atoi(number)
	if err == nil && n > 0 {
		switch unit {
		case "m":
			return n, nil
		case "h":
			return max(1, n/60), nil
		case "s":
			return n * 60, nil
		}
	}
	return 0, fmt.Errorf("%q is no rate; write one such as 500/m", m.Rate)
}

// enroll prepares an enrolment, asks where it concerns many, begins it, and shows how it goes.
func (m *Many) enroll(c *Call, server *api, journey string, asJSON bool) error {
	perMinute, err := m.perMinute()
	if err != nil {
		return err
	}
	request := map[string]any{"segment": m.Segment, "rule": m.Rule, "list": m.File != "", "per_minute": perMinute, "spread": m.Spread}
	var e enrolment
	if err := server.manage(c, http.MethodPost, "/api/journeys/"+segment(journey)+"/enrolments", request, &e); err != nil {
		return err
	}
	if m.File != "" {
		if err := m.name(c, server, &e); err != nil {
			return err
		}
	}
	if e.Total == 0 {
		return failed("that is nobody; nothing was done")
	}
	path := "/api/enrolments/" + segment(e.ID) + "/begin"
	// Unasked first: the API says no where that would let many in.
	err = server.manage(c, http.MethodPost, path, map[string]any{"confirm": m.Yes}, &e)
	var no *answer
	if errors.As(err, &no) && no.Status == http.StatusConflict {
		if err := c.confirm("this lets up to "+people(e.Total)+" into "+journey, e.Total, m.Yes); err != nil {
			return err
		}
		err = server.manage(c, http.MethodPost, path, map[string]any{"confirm": e.Total}, &e)
	}
	if err != nil {
		return err
	}
	if m.Detach {
		if asJSON {
			return c.printJSON(e)
		}
		c.printf("%s are being let into %s: enrolment %s\n", people(e.Total), journey, e.ID)
		return nil
	}
	return server.watch(c, e, asJSON)
}

func people(n int64) string {
	if n == 1 {
		return "1 person"
	}
	return fmt.Sprintf("%d people", n)
}

// name sends the ids of the file, and writes down those that nobody has.
func (m *Many) name(c *Call, server *api, e *enrolment) error {
	in, unknownFile := c.Stdin, "unknown.txt"
	if m.File != "-" {
		f, err := os.Open(m.File)
		if err != nil {
			return err
		}
		defer f.Close()
		in, unknownFile = f, m.File+".unknown"
	}
	var unknown []string
	send := func(ids []string) error {
		var named struct {
			Unknown []string `json:"unknown"`
			Total   int64    `json:"total"`
		}
		err := server.manage(c, http.MethodPost, "/api/enrolments/"+segment(e.ID)+"/ids", map[string]any{"user_ids": ids}, &named)
		unknown, e.Total = append(unknown, named.Unknown...), named.Total
		return err
	}
	if err := inLots(in, store.MaxUsersNamed, send); err != nil {
		return fmt.Errorf("%s: %w", m.File, err)
	}
	if len(unknown) == 0 {
		return nil
	}
	if err := os.WriteFile(unknownFile, []byte(strings.Join(unknown, "\n")+"\n"), 0o600); err != nil {
		return err
	}
	fmt.Fprintf(c.Stderr, "%s that nobody has: see %s\n", count(len(unknown), "id"), unknownFile)
	return nil
}

// inLots reads lines, without empty ones, and hands them on, so many at once.
func inLots(r io.Reader, most int, send func([]string) error) error {
	scanner := bufio.NewScanner(r)
	scanner.Buffer(nil, 1<<20)
	var lot []string
	for scanner.Scan() {
		if id := strings.TrimSpace(scanner.Text()); id != "" {
			lot = append(lot, id)
		}
		if len(lot) == most {
			if err := send(lot); err != nil {
				return err
			}
			lot = nil
		}
	}
	if err := scanner.Err(); err != nil || len(lot) == 0 {
		return err
	}
	return send(lot)
}

// watch shows how an enrolment goes until it is over. Who stops watching stops nothing.
func (a *api) watch(c *Call, e enrolment, asJSON bool) error {
	defer c.endBar()
	for {
		if !asJSON {
			c.bar(e)
		}
		if e.over() {
			break
		}
		if err := c.sleep(enrolmentLook); err != nil {
			c.endBar()
			fmt.Fprintf(c.Stderr, "it goes on without you: `mixtape enrolments` shows it, `mixtape enrolments pause|resume|cancel %s` changes it\n", e.ID)
			return nil
		}
		var now enrolment
		err := a.manage(c, http.MethodGet, "/api/enrolments/"+segment(e.ID), nil, &now)
		if errors.Is(err, context.Canceled) {
			continue
		}
		if err != nil {
			return err
		}
		e = now
	}
	if asJSON {
		return c.printJSON(e)
	}
	c.endBar()
	c.printf("%s\n", e.outcome())
	if e.State == "cancelled" {
		return failed("enrolment %s was cancelled", e.ID)
	}
	return nil
}
