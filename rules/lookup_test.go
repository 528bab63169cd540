package rules_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mixtapehq/mixtape/profile"
	"github.com/mixtapehq/mixtape/rules"
)

// known is somebody of whom much was worked out, in a workspace with a catalog and a calendar.
func known(t testing.TB) *rules.Facts {
	f := someFacts(t)
	f.Profile.Computed = profile.Computed{Scores: map[string]float64{"churn": 0.8}, Affinities: map[string]string{"genre": "jazz"}}
	f.Segments = map[string]bool{"vip": true, "new": false}
	f.Catalogs = map[string]rules.Catalog{"products": {
		"s3": {"sku": "s3", "price": 9.5, "title": "Blue", "sold_out": false}, "42": {"sku": "42", "title": "Numbered"},
	}}
	f.Calendars = map[string]rules.Calendar{"holidays-fr": {{From: "2026-03-09", To: "2026-03-10"}, {From: "2026-05-01", To: "2026-05-01"}}}
	f.Trends = map[rules.Trend]string{{Of: "genre", Within: 7 * day}: "bossa nova"}
	return f
}

func TestLookups(t *testing.T) {
	t.Parallel()
	for _, rule := range []string{
		`in_segment("vip")`, `!in_segment("new")`, `!in_segment("nobody")`, `in_segment("vip") == true`,
		`score("churn") > 0.7`, `!(score("none") > 0)`, `!(score("none") != 1)`, `score("churn") * 10 == 8`,
		`affinity("genre") == "jazz"`, `!(affinity("none") == "jazz")`, `affinity("genre").startsWith("j")`,
		`catalog("products", event.sku).price == 9.5`, `catalog("products", "s3").title == "Blue"`, `catalog("products", 42).title == "Numbered"`,
		`!catalog("products", "s3").sold_out`, `has(catalog("products", "s3").sold_out)`, `!has(catalog("products", "42").price)`,
		`!has(catalog("products", "none").price)`, `!(catalog("products", "none").price < 10)`, `!(catalog("products", user.none).price != 10)`,
		`!(catalog("products", user.tags).price > 0)`, `catalog("products", event.sku)["price"] + 0.5 == 10`, `"price" in catalog("products", "s3")`,
		`!("price" in catalog("none", "s3"))`, `[event.sku, "42"].map(s, catalog("products", s).title) == ["Blue", "Numbered"]`,
		`size(catalog("products", "s3")) == 4`, `catalog("products", "s3") == {"sku": "s3", "price": 9.5, "title": "Blue", "sold_out": false}`,
		`on_day("holidays-fr")`, `!on_day("none")`, `trending("genre", "7d") == "bossa nova"`, `trending("genre", "1w") == trending("genre", "7d")`,
		`!(trending("genre", "1d") == "bossa nova")`, `!(trending("none", "7d") != "x")`,
	} {
		t.Run(rule, func(t *testing.T) {
			t.Parallel()
			if v := compile(t, rule).Holds(known(t)); !v.True || v.Stopped {
				t.Errorf("%+v", v)
			}
			compile(t, rule).Holds(&rules.Facts{}) // of nothing it says something, too
		})
	}
	for rule, want := range map[string]any{
		`catalog("products", event.sku)`: map[string]any{"sku": "s3", "price": 9.5, "title": "Blue", "sold_out": false},
		`catalog("products", "none")`:    nil, `score("churn")`: 0.8, `score("none")`: nil, `affinity("genre")`: "jazz", `affinity("none")`: nil, `trending("genre", "2d")`: nil,
	} {
		got, ok, _ := compile(t, rule).Value(known(t))
		if diff := cmp.Diff(want, got); diff != "" || ok != (want != nil) {
			t.Errorf("%s: %s (ok %v)", rule, diff, ok)
		}
	}
}

func TestLookupProblems(t *testing.T) {
	t.Parallel()
	declared := newEnv(t, rules.Segments([]string{"vip", "silent"}), rules.Affinities([]string{"genre"}),
		rules.Catalogs(map[string]rules.Catalog{"products": {"s1": {"sku": "s1", "price": 1.0}}}),
		rules.Calendars(map[string]rules.Calendar{"holidays-fr": nil}))
	none := newEnv(t, rules.Segments([]string{}), rules.Affinities([]string{}), rules.Catalogs(map[string]rules.Catalog{}), rules.Calendars(map[string]rules.Calendar{}))
	for _, c := range []struct {
		env        *rules.Env
		rule, want string
	}{
		{declared, `in_segment("vip") && catalog("products", event.sku).price > 1 && on_day("holidays-fr")`, ``},
		{declared, `in_segment("vpi")`, `1:12: there is no segment "vpi"; write "vip"`},
		{declared, `in_segment("payers")`, `1:12: there is no segment "payers"; write "vip" or "silent", or the file segments/payers.yaml`},
		{declared, `in_segment(user.plan)`, `1:12: the segment's name has to stand in the rule itself, as a text in quotes, so that it is known beforehand`},
		{declared, `catalog("product", event.sku).price > 1`, `1:9: there is no catalog "product"; write "products"`},
		{declared, `catalog("products", event.sku).prize > 1`, `1:1: there is no column "prize"; write price`},
		{declared, `has(catalog("products", event.sku).colour)`, `1:5: there is no column "colour"; write price or sku`},
		{declared, `catalog(event.sku).price > 1`, `1:1: catalog is not called like this; write catalog("products", event.sku).price`},
		{declared, `catalog("products", now).price > 1`, `1:21: catalog() cannot take what moves with now, for nobody could tell when it changes; write a comparison such as now > date(user.renews_at), or local_hour(now), local_day(now)`},
		{declared, `on_day("holidays-de")`, `1:8: there is no calendar "holidays-de"; write "holidays-fr"`},
		{declared, `score(user.plan) > 1`, `1:7: the score's name has to stand in the rule itself, as a text in quotes, so that it is known beforehand`},
		{declared, `trending("genre") == "x"`, `1:1: trending is not called like this; write trending("genre", "7d")`},
		{declared, `trending("genre", "soon") == "x"`, `1:19: "soon" is not a length of time; write a number with m, h, d or w, such as trending("genre", "7d")`},
		{declared, `trending("genre", "36h") == trending("genre", "31d")`, "1:19: what is on the rise is known over whole days, up to 30; write a number with d or w, such as trending(\"genre\", \"7d\")\n1:47: what is on the rise is known over whole days, up to 30; write a number with d or w, such as trending(\"genre\", \"7d\")"},
		{declared, `trending("genre", "48h") == "x"`, ``},
		{declared, `trending("gendre", "7d") == "x"`, `1:10: there is no affinity "gendre"; write "genre"`},
		{declared, `trending("label", "7d") == "x"`, `1:10: there is no affinity "label"; write "genre", or it under affinities: in workspace.yaml`},
		{none, `trending("genre", "7d") == "x"`, `1:10: there is no affinity "genre"; write it under affinities: in workspace.yaml`},
		{none, `in_segment("vip")`, `1:12: there is no segment "vip"; write the file segments/vip.yaml`},
		{none, `catalog("products", event.sku).price > 1`, `1:9: there is no catalog "products"; write the file catalogs/products.csv`},
		{none, `on_day("holidays-fr")`, `1:8: there is no calendar "holidays-fr"; write the file calendars/holidays-fr.ics`},
	} {
		_, problems := c.env.Compile(c.rule, rules.Position{File: "j.yaml", Line: 1, Column: 1}, rules.ScopeStep)
		var got []string
		for _, p := range problems {
			got = append(got, strings.TrimPrefix(p.String(), "j.yaml:"))
		}
		if diff := cmp.Diff(c.want, strings.Join(got, "\n")); diff != "" {
			t.Errorf("%s\n%s", c.rule, diff)
		}
	}
}

// Days are those of the person, and begin and end at their midnight.
func TestOnDayFlips(t *testing.T) {
	t.Parallel()
	rule := compile(t, `on_day("c")`)
	for _, c := range []struct {
		name, zone, from, to, now string
		is                        bool
		flips                     string
	}{
		{"tomorrow, where it is nearly so", "Asia/Tokyo", "2026-05-01", "2026-05-01", "2026-04-30T14:59:59.999999Z", false, "2026-04-30T15:00:00Z"},
		{"today already there", "Asia/Tokyo", "2026-05-01", "2026-05-01", "2026-04-30T15:00:00Z", true, "2026-05-01T15:00:00Z"},
		{"not yet here", "America/New_York", "2026-05-01", "2026-05-01", "2026-05-01T03:00:00Z", false, "2026-05-01T04:00:00Z"},
		{"several days", "UTC", "2026-05-01", "2026-05-03", "2026-05-02T12:00:00Z", true, "2026-05-04T00:00:00Z"},
		{"long before", "UTC", "2036-05-01", "2036-05-01", "2026-05-02T12:00:00Z", false, "2036-05-01T00:00:00Z"},
		{"over", "UTC", "2026-05-01", "2026-05-01", "2026-05-02T00:00:00Z", false, ""},
		{"a day without midnight", "Asia/Beirut", "2026-03-29", "2026-03-29", "2026-03-28T12:00:00Z", false, "2026-03-28T22:00:00Z"},
		{"a day that the date line left out", "Pacific/Apia", "2011-12-30", "2011-12-30", "2011-12-30T09:00:00Z", false, "2011-12-30T10:00:00Z"},
		{"it was", "Pacific/Apia", "2011-12-30", "2011-12-30", "2011-12-30T10:00:00Z", false, ""},
		{"a midnight that comes twice", "America/St_Johns", "2010-11-07", "2010-11-07", "2010-11-07T02:30:30Z", true, "2010-11-07T02:31:00Z"},
		{"and between the two", "America/St_Johns", "2010-11-07", "2010-11-07", "2010-11-07T02:31:00Z", false, "2010-11-07T03:30:00Z"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			v := rule.Holds(&rules.Facts{Now: instant(t, c.now), Zone: mustZone(c.zone),
				Calendars: map[string]rules.Calendar{"c": {{From: c.from, To: c.to}}}})
			got := ""
			if !v.FlipsAt.IsZero() {
				got = v.FlipsAt.Format(time.RFC3339Nano)
			}
			if v.True != c.is || got != c.flips {
				t.Errorf("is %v and flips at %q, want %v and %q", v.True, got, c.is, c.flips)
			}
		})
	}
}
