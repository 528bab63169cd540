package store_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/mixtapehq/mixtape/calendar"
	"github.com/mixtapehq/mixtape/rules"
)

// someone is a profile as it is written into the database.
type someone struct {
	id, userID string
	attributes map[string]any
	consents   map[string]bool
	scores     map[string]float64
	affinities map[string]string
	segments   []string
	events     []happened
}

type happened struct {
	name       string
	properties map[string]any
	time       time.Time
}

// moment is the now of the property: the clocks of Europe go forward in the night after it.
func moment() time.Time { return time.Date(2026, 3, 28, 17, 30, 0, 123456000, time.UTC) }

func reference() rules.SQLOptions {
	paris, _ := calendar.LoadZone("Europe/Paris")
	return rules.SQLOptions{
		Now: moment(), Home: paris,
		Catalogs: map[string]rules.Catalog{"k": {
			"a": {"price": 1.0, "kind": "b"}, "b": {"price": 0.5}, "1": {"price": 1.5, "kind": "a", "sold": true}, "": {"kind": "ab"}, "100000": {"price": 7.0},
			"ab": {"price": 3.0, "kind": "abc"}, "é": {"price": -1.0},
		}},
		Calendars: map[string]rules.Calendar{"c": {{From: "2026-03-01", To: "2026-03-02"}, {From: "2026-03-29", To: "2026-03-30"}}, "e": {{From: "2026-03-28", To: "2026-03-28"}}},
		Trends:    map[rules.Trend]string{{Of: "genre", Within: 7 * 24 * time.Hour}: "jazz"},
	}
}

// people draws a population. Whatever has a boundary stands on it and just beside it in some of them.
func people(r *rand.Rand, n int) []someone {
	all := make([]someone, n)
	for i := range all {
		all[i] = person(r, i)
	}
	return all
}

func person(r *rand.Rand, i int) someone {
	p := someone{id: fmt.Sprintf("p%04d", i), attributes: map[string]any{}, consents: map[string]bool{}, scores: map[string]float64{}, affinities: map[string]string{}}
	if r.IntN(3) > 0 {
		p.userID = fmt.Sprintf("u%d", i)
	}
	set := func(name string, v any, there int) {
		if r.IntN(10) < there {
			p.attributes[name] = v
		}
	}
	zone := pickOf(r, "Europe/Paris", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "UTC", "Pacific/Apia", "No/Where", "europe/paris", "+02:00")
	set("timezone", any(zone), 8)
	if r.IntN(20) == 0 {
		p.attributes["timezone"] = 42.0
	}
	set("a", anyValue(r), 8)
	set("b", anyValue(r), 7)
	set("n", numberValue(r), 9)
	set("s", textValue(r), 9)
	set("t", dateValue(r), 9)
	set("l", listValue(r), 8)
	set("tags", []any{textValue(r), textValue(r)}, 7)
	set("o", map[string]any{"k": pickOf[any](r, anyValue(r), map[string]any{"k": anyValue(r)}), "a": anyValue(r)}, 7)
	for _, topic := range []string{"tips", "news", ""} {
		if r.IntN(2) == 0 {
			p.consents[topic] = r.IntN(3) > 0
		}
	}
	if r.IntN(2) == 0 {
		p.scores["churn"] = pickOf(r, 0.0, 0.3, 0.5, 1)
		p.affinities["genre"] = pickOf(r, "a", "jazz", "")
	}
	for _, s := range []string{"s", "t"} {
		if r.IntN(2) == 0 {
			p.segments = append(p.segments, s)
		}
	}
	if i%7 == 0 {
		return p // of no history at all
	}
	for range r.IntN(9) {
		p.events = append(p.events, happened{
			name: pickOf(r, "x", "y", "y"), time: edge(r),
			properties: map[string]any{"p": pickOf[any](r, numberValue(r), numberValue(r), anyValue(r)), "q": anyValue(r)},
		})
	}
	if i%11 == 0 { // two at one moment, the later of which counts
		at := moment().Add(-time.Minute)
		p.events = append(p.events, happened{name: "x", time: at, properties: map[string]any{"p": 1.0}}, happened{name: "x", time: at, properties: map[string]any{"p": 2.0}})
	}
	return p
}

func pickOf[T any](r *rand.Rand, from ...T) T { return from[r.IntN(len(from))] }

// edge is an instant at, just before or just after one that decides something.
func edge(r *rand.Rand) time.Time {
	now := moment()
	paris, _ := calendar.LoadZone("Europe/Paris")
	at := pickOf(r, now, now.Add(-time.Hour), now.Add(-3*24*time.Hour), now.Add(-30*24*time.Hour), now.Add(-30*24*time.Hour), now.Add(-14*24*time.Hour),
		calendar.Duration{Months: -1}.AddTo(now, paris), now.Add(-40*24*time.Hour), now.Add(-time.Duration(r.Int64N(int64(60*24*time.Hour))/1000*1000)))
	return at.Add(time.Duration(pickOf(r, -1, 0, 0, 0, 1)) * time.Microsecond)
}

func numberValue(r *rand.Rand) any {
	return pickOf[any](r, 0.0, 1.0, 2.0, 3.0, -1.0, 0.5, 0.1, 0.2, 0.3, 1.5, -2.25, 100.0, 7.0, 1e5, 1e15, 9007199254740992.0, -9007199254740994.0, 1e21, 1e300, -1e308,
		1.7976931348623157e308, 5e-324, 1e-300, 0.1+0.2, 1774600000.0, 1774719000123.0, float64(r.IntN(10)), float64(r.IntN(100))/10)
}

func textValue(r *rand.Rand) any {
	return pickOf[any](r, "", "a", "b", "B", "ab", "abc", "ba", "Ab", "é", "e\u0301", "日本", "😀a", "Z", "z", " a ", "\u00a0a\t", "1", "12", "-1.5e3", "true", "f", "x' or 1=1", "a\"b\\\n", "a,b,,c", "jazz", "2026-03-28", "NULL", "null")
}

func dateValue(r *rand.Rand) any {
	now := moment()
	return pickOf[any](r, now.Format(time.RFC3339Nano), edge(r).Format(time.RFC3339Nano), edge(r).In(time.FixedZone("", 19800)).Format(time.RFC3339Nano), "2026-03-28", "2026-03-29 02:30", "2026-03-29T02:30:00.25", "2026-02-30",
		"2026-10-25 02:30", "2026-03-28T17:30:00.123456789Z", "2026-03-28 17:30:00,5 +0100", "2026-03-28T17:30z", "2026-03-28T25:00:00Z", " 2026-03-28\n", "0000-12-31T23:00:00-02:00", "9999-12-31T23:59:59-01:00", "0001-01-01",
		"1774719000", float64(now.UnixMicro())/1e6, float64(now.UnixMilli()), -86400.0, 1e15, "tomorrow", "2011-12-30 12:00", edge(r).Format("2006-01-02 15:04:05.000000-07"), "1900-01-01 00:00", "2026-03-28T17:30:00+24:00")
}

func listValue(r *rand.Rand) any {
	list := []any{}
	for range r.IntN(4) {
		list = append(list, anyValue(r))
	}
	return list
}

func anyValue(r *rand.Rand) any {
	switch r.IntN(10) {
	case 0:
		return nil
	case 1:
		return r.IntN(2) == 0
	case 2, 3, 4:
		return numberValue(r)
	case 5, 6:
		return textValue(r)
	case 7:
		return dateValue(r)
	case 8:
		return []any{pickOf[any](r, nil, 1.0, "a", true), pickOf[any](r, "b", 0.5)}
	}
	return map[string]any{"k": pickOf[any](r, nil, 1.0, "a"), "b": true}
}

func asJSON(v any) string {
	raw, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(raw)
}
