package workspace_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/mixtapehq/mixtape/rules"
	"github.com/mixtapehq/mixtape/store"
	"github.com/mixtapehq/mixtape/workspace"
)

// Everything that a workspace can say, at once.
func TestWholeWorkspace(t *testing.T) {
	t.Parallel()
	w, problems := workspace.Load("testdata/lint/whole")
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	segments := []store.Segment{
		{Key: "weary", Name: "weary", Rule: `events("message_opened").within("90d").count() == 0`},
		{Key: "regular", Name: "regular", Rule: `events("order_completed").within("30d").count() >= 2 && !in_segment("weary")`},
		{Key: "vip", Name: "Those who buy much", Rule: `user.vip || in_segment("regular") && user.total_spent > 500`},
	}
	want := store.Settings{
		Name: "acme", Timezone: "Europe/Paris",
		Topics:     store.Topics{"tips": {Default: "subscribed", Channels: []string{"email"}}, "news": {Default: "unsubscribed"}},
		Attributes: map[string]string{"plan": "string", "renews_at": "date", "total_spent": "number", "vip": "bool"},
		Channels: map[string]store.Channel{
			"email": {Provider: "smtp", From: "Acme <hello@acme.example>"}, "sms": {Provider: "twilio", From: "+33612345678"},
			"push": {Provider: "fcm"}, "webhook": {URL: "https://acme.example/hook"}, "inbox": {},
		},
		Brand:      map[string]string{"name": "Acme", "colour": "#123456"},
		Retention:  map[string]string{"events": "400d", "bodies": "30d"},
		QuietHours: &store.QuietHours{From: "21:00", To: "08:00", Days: []string{"mon", "tue", "wed", "thu", "fri", "sat", "sun"}},
		Caps: []store.Cap{
			{Max: 1, Per: "day"},
			{Max: 3, Per: "7d", Channels: []string{"email", "push"}, Topics: []string{"tips"}, Reserve: map[string]int{"high": 1}},
		},
		Holdout: 0.02, Costs: map[string]float64{"email": 0.0004, "sms": 0.04}, Calls: store.Calls{PrivateAddresses: true},
		ConfirmAbove: 1000,
		Reference: store.Reference{
			Segments: segments,
			Catalogs: map[string]rules.Catalog{"products": {
				"s1": {"sku": "s1", "title": "Headphones, blue", "price": 59.9, "in_stock": true, "code": "007"},
				"s2": {"sku": "s2", "title": "Amplifier", "price": 249.0, "in_stock": false},
				"42": {"sku": "42", "title": `A "good" book`, "price": -1.5, "code": "+33612345678"},
			}},
			Calendars: map[string]rules.Calendar{"holidays-fr": firstOfMay(2024, 2060)},
		},
	}
	if diff := cmp.Diff(want, w.Settings); diff != "" {
		t.Errorf("settings (-want +got):\n%s", diff)
	}
	if _, err := w.Settings.CapRules(); err != nil {
		t.Error(err)
	}
	if _, err := w.Settings.Quiet(); err != nil {
		t.Error(err)
	}
	for i, s := range w.Segments {
		if s.Key != segments[i].Key || s.File != "segments/"+s.Key+".yaml" {
			t.Errorf("segment %d is %s of %s", i, s.Key, s.File)
		}
	}
}

func firstOfMay(from, to int) rules.Calendar {
	var all rules.Calendar
	for year := from; year <= to; year++ {
		day := fmt.Sprintf("%d-05-01", year)
		all = append(all, rules.Days{From: day, To: day})
	}
	return all
}

// The days of events, by how they are written.
func TestCalendarDays(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, event string
		want        string // FROM or FROM..TO, by commas
	}{
		{"a day", "DTSTART;VALUE=DATE:20260501", "2026-05-01"},
		{"a day that says when it ends", "DTSTART;VALUE=DATE:20260501\nDTEND;VALUE=DATE:20260502", "2026-05-01"},
		{"several", "DTSTART;VALUE=DATE:20261224\nDTEND;VALUE=DATE:20270102", "2026-12-24..2027-01-01"},
		{"for some days", "DTSTART;VALUE=DATE:20261224\nDURATION:P1W", "2026-12-24..2026-12-30"},
		{"an afternoon", "DTSTART;TZID=America/New_York:20260501T230000\nDTEND;TZID=America/New_York:20260502T000000", "2026-05-01"},
		{"a night", "DTSTART:20260501T230000\nDTEND:20260502T010000", "2026-05-01..2026-05-02"},
		{"an instant gets the workspace's zone", "DTSTART:20260501T230000Z\nDTEND:20260501T233000Z", "2026-05-02"},
		{"each leap year", "DTSTART;VALUE=DATE:20520229\nRRULE:FREQ=YEARLY", "2052-02-29,2056-02-29,2060-02-29"},
		{"so many times", "DTSTART;VALUE=DATE:20260501\nRRULE:FREQ=MONTHLY;COUNT=2", "2026-05-01,2026-06-01"},
		{"until", "DTSTART;VALUE=DATE:20260501\nRRULE:FREQ=DAILY;UNTIL=20260503", "2026-05-01..2026-05-03"},
		{"until an instant", "DTSTART;TZID=Asia/Tokyo:20260501T090000\nRRULE:FREQ=DAILY;UNTIL=20260503T000000Z", "2026-05-01..2026-05-03"},
		{"a weekday of a month, by small letters", "DTSTART;VALUE=DATE:20260531\nRRULE:freq=yearly;bymonth=5;byday=-1su;count=2", "2026-05-31,2027-05-30"},
		{"except", "DTSTART;VALUE=DATE:20260501\nRRULE:FREQ=DAILY;COUNT=4\nEXDATE;VALUE=DATE:20260502,20260503", "2026-05-01,2026-05-04"},
		{"and also", "DTSTART;VALUE=DATE:20260501\nRDATE;VALUE=DATE:20260701", "2026-05-01,2026-07-01"},
		{"a round that was moved", "UID:1\nDTSTART;VALUE=DATE:20260501\nRRULE:FREQ=WEEKLY;COUNT=3\nEND:VEVENT\nBEGIN:VEVENT\nUID:1\nRECURRENCE-ID;VALUE=DATE:20260508\nDTSTART;VALUE=DATE:20260510", "2026-05-01,2026-05-10,2026-05-15"},
		{"called off", "DTSTART;VALUE=DATE:20260501\nSTATUS:CANCELLED", ""},
		{"with an alarm, which begins at another time", "DTSTART;VALUE=DATE:20260501\nBEGIN:VALARM\nDTSTART;VALUE=DATE:20260401\nEND:VALARM", "2026-05-01"},
		{"in lines that are folded", "DTSTART;VALUE=DA\n TE:202605\n\t01", "2026-05-01"},
		{"with a parameter in quotes", "DTSTART;X-A=\"b:c;d\";VALUE=DATE:20260501", "2026-05-01"},
		{"days in a row are one stretch", "DTSTART;VALUE=DATE:20260501\nEND:VEVENT\nBEGIN:VEVENT\nDTSTART;VALUE=DATE:20260502", "2026-05-01..2026-05-02"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			text := "BEGIN:VCALENDAR\nBEGIN:VTIMEZONE\nTZID:Custom\nBEGIN:STANDARD\nDTSTART:19700101T000000\nEND:STANDARD\nEND:VTIMEZONE\nBEGIN:VEVENT\n" + c.event + "\nEND:VEVENT\nEND:VCALENDAR\n"
			w, problems := workspace.LoadFS(fstest.MapFS{
				"workspace.yaml": {Data: []byte("name: acme\ntimezone: Europe/Paris\n")}, "calendars/c.ics": {Data: []byte(text)}})
			if len(problems) > 0 {
				t.Fatal(problems)
			}
			var got []string
			for _, d := range w.Settings.Calendars["c"] {
				if d.From == d.To {
					got = append(got, d.From)
				} else {
					got = append(got, d.From+".."+d.To)
				}
			}
			if strings.Join(got, ",") != c.want {
				t.Errorf("got %s, want %s", strings.Join(got, ","), c.want)
			}
		})
	}
}

// Cells are numbers, true and false where they are written so, and codes stay text.
func TestCells(t *testing.T) {
	t.Parallel()
	text := "\ufeffkey , a\r\n 1 , 2 \r\nk1,1e3\nk2,-0.50\nk3,0.5\nk4,00\nk5,12345678901234567\nk6,1.2.3\nk7,1-2\nk8,True\nk9,0\nk10,-\nk11,\"  \"\nk12,.5\nk13,NaN\n"
	w, problems := workspace.LoadFS(fstest.MapFS{
		"workspace.yaml": {Data: []byte("name: acme\n")}, "catalogs/c.csv": {Data: []byte(text)}})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	want := map[string]any{"1": 2.0, "k1": "1e3", "k2": -0.5, "k3": 0.5, "k4": "00", "k5": "12345678901234567", "k6": "1.2.3", "k7": "1-2",
		"k8": true, "k9": 0.0, "k10": "-", "k11": nil, "k12": 0.5, "k13": "NaN"}
	got := map[string]any{}
	for key, row := range w.Settings.Catalogs["c"] {
		got[key] = row["a"]
	}
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		t.Error(diff)
	}
}

// What is far too much is refused before it weighs on every run.
func TestReferenceIsBounded(t *testing.T) {
	t.Parallel()
	var many strings.Builder
	many.WriteString("key,a\n")
	for i := range 10_001 {
		fmt.Fprintf(&many, "k%d,1\n", i)
	}
	fsys := fstest.MapFS{
		"workspace.yaml":        {Data: []byte("name: acme\n")},
		"catalogs/columns.csv":  {Data: []byte("k" + strings.Repeat(",x", 60))},
		"catalogs/many.csv":     {Data: []byte(many.String())},
		"catalogs/ragged.csv":   {Data: []byte("key,a\n" + strings.Repeat("k\n", 100_000))},
		"calendars/wrong.ics":   {Data: []byte("BEGIN:VCALENDAR\n" + strings.Repeat("BEGIN:VEVENT\nEND:VEVENT\n", 10_000) + "END:VCALENDAR\n")},
		"catalogs/longcell.csv": {Data: []byte("key,a\nk,first\nl," + strings.Repeat("y", 2_001) + "\n")},
	}
	_, problems := workspace.LoadFS(fsys)
	if len(problems) > 110 {
		t.Errorf("%d problems fill the screen", len(problems))
	}
	wantProblem(t, problems, "catalogs/columns.csv", "may have 50")
	wantProblem(t, problems, "catalogs/many.csv", "more than 10000 rows")
	wantProblem(t, problems, "catalogs/longcell.csv", "longer than 2000 characters")
}

// Whatever stands in a calendar, reading it ends, and says where it is wrong.
func FuzzCalendar(f *testing.F) {
	for _, event := range []string{
		"DTSTART;VALUE=DATE:20260501\nRRULE:FREQ=YEARLY;BYMONTH=5;BYDAY=-1SU", "DTSTART:20260501T090000Z\nDTEND:20260502T090000Z\nRRULE:FREQ=WEEKLY;COUNT=3;WKST=SU",
		"DTSTART;TZID=Europe/Paris:20260501T090000\nDURATION:P1DT2H\nEXDATE:20260501T090000", "UID:1\nRECURRENCE-ID:20260501\nDTSTART:20260501\nRDATE;VALUE=PERIOD:20260501T090000/PT1H",
		"RRULE:FREQ=DAILY;INTERVAL=0;BYSETPOS=-1\nDTSTART:00010101", "DTSTART:99991231\nDTEND:99991231T235959",
	} {
		f.Add("BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n" + event + "\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n")
	}
	f.Fuzz(func(t *testing.T, text string) {
		w, problems := workspace.LoadFS(fstest.MapFS{"workspace.yaml": {Data: []byte("name: acme\n")}, "calendars/c.ics": {Data: []byte(text)}})
		for i, d := range w.Settings.Calendars["c"] {
			if d.From > d.To || i > 0 && w.Settings.Calendars["c"][i-1].To >= d.From {
				t.Errorf("days out of order: %v", w.Settings.Calendars["c"])
			}
		}
		helpful(t, problems)
	})
}

// Whatever stands in a catalog, likewise.
func FuzzCatalog(f *testing.F) {
	for _, text := range []string{"sku,price\ns1,1\n", "a\n\"b\n", "a;b\n1;2", "a,a\n", "\xff", "k,v\nx,-0\nx,1\n\n,\n"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		w, problems := workspace.LoadFS(fstest.MapFS{"workspace.yaml": {Data: []byte("name: acme\n")}, "catalogs/c.csv": {Data: []byte(text)}})
		for key := range w.Settings.Catalogs["c"] {
			if key == "" {
				t.Error("a row without a key")
			}
		}
		helpful(t, problems)
	})
}

func helpful(t *testing.T, problems []workspace.Problem) {
	t.Helper()
	for _, p := range problems {
		if p.File == "" || p.Line < 1 || p.Column < 1 || !strings.Contains(p.Message, "; write ") {
			t.Errorf("this helps nobody: %v", p)
		}
	}
}
