package cli

import (
	"time"

	"github.com/mixtapehq/mixtape/importing/population"
)

// BenchCommand makes what is measured on.
type BenchCommand struct {
	Data BenchDataCommand `cmd:"" help:"Make up people and what they did, straight into an empty database."`
}

// BenchDataCommand makes up a population.
type BenchDataCommand struct {
	Database
	Profiles int    `default:"10000" help:"How many people. (10000)"`
	Events   int    `default:"100000" help:"About how many things they did, over 400 days. (100000)"`
	Seed     uint64 `default:"1" help:"Another seed is another population. (1)"`
	Until    string `placeholder:"DATE" help:"Their last day, such as 2026-03-27. (today)"`
	Force    bool   `help:"Also into a database that has people in it."`
	JSON     bool   `name:"json" help:"Print what was made as JSON."`
}

// Run makes them up. All of them are there afterwards, or none.
func (b *BenchDataCommand) Run(c *Call) error {
	o := population.Options{Profiles: b.Profiles, Events: b.Events, Seed: b.Seed, Force: b.Force}
	if b.Profiles < 1 || b.Events < 1 {
		return failed("write how many with --profiles and --events: at least 1 of each")
	}
	if b.Until != "" {
		day, err := time.Parse(time.DateOnly, b.Until)
		if err != nil {
			return failed("--until %s is no date; write one such as 2026-03-27", b.Until)
		}
		o.Until = day.AddDate(0, 0, 1)
	}
	s, err := b.openBulk(c)
	if err != nil {
		return err
	}
	defer s.Close()
	began := time.Now()
	bars := map[string]*bar{}
	o.Progress = func(table string, done, all int64) {
		if bars[table] == nil {
			for _, other := range bars {
				other.end()
			}
			bars[table] = newBar(c.Stderr, table)
		}
		bars[table].show(done, all)
	}
	loaded, err := population.Load(c, s.Pool(), o)
	for _, last := range bars {
		last.end()
	}
	if err != nil {
		return err
	}
	took := time.Since(began).Seconds()
	if b.JSON {
		return c.printJSON(map[string]any{"profiles": loaded.Profiles, "events": loaded.Events, "seconds": took})
	}
	c.printf("%d people and %d events, after %.1f s\n", loaded.Profiles, loaded.Events, took)
	return nil
}
