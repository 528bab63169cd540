package message_test

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/mixtapehq/mixtape/message"
)

// What one render may take, whoever wrote it.
const (
	maxTime  = 200 * time.Millisecond
	maxBytes = 16 << 20
)

// hostile templates: each wants time or memory without end.
func hostile() map[string]string {
	many := func(n int, s string) string { return strings.Repeat(s, n) }
	return map[string]string{
		"long range":             `{% for i in (1..2000000000) %}{% endfor %}`,
		"long range with body":   `{% for i in (1..2000000000) %}x{% endfor %}`,
		"loops within loops":     many(8, `{% for i in (1..1000) %}`) + "x" + many(8, `{% endfor %}`),
		"range as a list":        `{{ (1..2000000000) | join: "," }}`,
		"range sorted":           `{{ (1..2000000000) | sort | size }}`,
		"range over the top":     `{% for i in (-9223372036854775807..9223372036854775807) %}{% endfor %}`,
		"doubling":               `{% assign a = "xxxxxxxxxxxxxxxx" %}` + many(64, `{% assign a = a | append: a %}`) + `{{ a }}`,
		"doubling by capture":    `{% assign a = "xxxxxxxxxxxxxxxx" %}` + many(64, `{% capture a %}{{ a }}{{ a }}{% endcapture %}`),
		"doubling a list":        `{% assign a = "a,b,c,d" | split: "," %}` + many(64, `{% assign a = a | concat: a %}`),
		"replace":                `{% assign a = "` + many(900, "x") + `" %}{% assign b = a | append: a | append: a %}` + many(20, `{% assign b = b | replace: "x", a %}`),
		"split and join":         many(300, `{% assign a = user.long | split: "" | join: "--------------------------------" %}`),
		"sorting":                many(300, `{% assign a = user.long | split: "" | sort | reverse %}`),
		"uniq":                   many(50, `{% assign a = user.lists | uniq %}`),
		"escaping":               `{% for i in (1..100000) %}{{ user.quotes }}{% endfor %}`,
		"comparing":              `{% for i in (1..100000) %}{% if user.long contains "zzzzzz" or user.long contains "yyyyyyy" or user.lists == user.lists2 %}{% endif %}{% endfor %}`,
		"case":                   `{% for i in (1..100000) %}{% case user.lists %}{% when user.lists2 %}{% endcase %}{% endfor %}`,
		"strip_html":             many(300, `{{ user.open | strip_html }}`),
		"dates":                  `{% for i in (1..100000) %}{{ now | date: "%A %B %c %x %A %B %c %x" }}{% endfor %}`,
		"wide date":              `{{ now | date: "%999999d%999999d%999999d%999999d%999999d" }}`,
		"json":                   `{% for i in (1..100000) %}{% assign a = user | json %}{% endfor %}`,
		"chain":                  `{{ user.long` + many(80, ` | upcase`) + ` }}`,
		"partials in a fan":      `{% include "a" %}`,
		"deep expression":        `{{ ` + many(400, "(") + "1" + many(400, ")") + ` }}`,
		"long expression":        `{{ a` + many(200_000, ".a") + ` }}`,
		"deep blocks":            many(20_000, `{% if true %}`) + many(20_000, `{% endif %}`),
		"many assigns":           many(9000, `{% assign a = user.long %}`),
		"unclosed":               many(40_000, `{{ a `),
		"unclosed tags":          many(40_000, `{% if `),
		"quotes":                 `{{ "` + many(100_000, `\"`) + ` }}`,
		"nested tags in text":    many(20_000, `<div><b><i>`),
		"links":                  many(15_000, `<a href="x">`),
		"handleize":              many(200, `{{ user.long | handleize | size }}`),
		"rounding":               `{{ 1.5 | round: 400 }}{{ 1 | times: 99999999999 | times: 99999999999 }}`,
		"slices":                 `{{ user.long | slice: -5, 9223372036854775807 }}{{ user.lists | slice: 1, -5 }}`,
		"truncation":             `{{ user.long | truncate: -9223372036854775807 }}{{ user.long | truncatewords: 9223372036854775807 }}`,
		"cycles":                 `{% for i in (1..200000) %}{% cycle "a", "b", "c" %}{% endfor %}`,
		"output without markup":  `{% for i in (1..200000) %}{{ i }}{% endfor %}`,
		"objects":                `{% for i in (1..100000) %}{% for p in user.object %}{% endfor %}{% endfor %}`,
		"reversed":               `{% for i in (1..2000000000) reversed %}{% endfor %}`,
		"limit beyond the range": `{% for i in (1..2000000000) limit: 9223372036854775807 offset: 5 %}{% endfor %}`,
	}
}

func heavy() map[string]any {
	lists := func() []any {
		var all []any
		for i := range 2000 {
			all = append(all, []any{float64(i), "x"})
		}
		return all
	}
	object := map[string]any{}
	for i := range 2000 {
		object[fmt.Sprint("key", i)] = float64(i)
	}
	return map[string]any{
		"long": strings.Repeat("ab c,", 10_000), "quotes": strings.Repeat(`"'<>&`, 2000), "open": strings.Repeat("<", 50_000),
		"lists": lists(), "lists2": lists(), "object": object,
	}
}

// Not parallel: it measures time and memory, of which others must not take part.
func TestNoTemplateTakesMoreThanItsShare(t *testing.T) { //nolint:paralleltest // see above
	user := heavy()
	for name, body := range hostile() {
		t.Run(name, func(t *testing.T) {
			files := map[string]string{"x.email.liquid": "---\nsubject: S\n---\n<p>hello</p>" + body}
			for i, c := range "abcdef" {
				files["_"+string(c)+".liquid"] = strings.Repeat(fmt.Sprintf(`{%% include "%c" %%}`, "abcdef!"[i+1]), 20)
			}
			files["_!.liquid"], files["_f.liquid"] = "", "x"
			delete(files, "_!.liquid")
			runtime.LockOSThread()
			defer runtime.UnlockOSThread()
			least, bytes := time.Hour, uint64(1<<62)
			for range max(1, 3/slowdown) { // the least of three: another process may take the processor meanwhile
				start, before := spent(t), allocated()
				render(t, files, user)
				least, bytes = min(least, spent(t)-start), min(bytes, allocated()-before)
			}
			t.Logf("%v, %d KB", least, bytes>>10)
			if least > maxTime*slowdown {
				t.Errorf("took %v, want at most %v", least, maxTime)
			}
			if bytes > maxBytes && slowdown == 1 { // the race detector empties the pools that regexps live on
				t.Errorf("allocated %d KB, want at most %d", bytes>>10, maxBytes>>10)
			}
		})
	}
}

func allocated() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.TotalAlloc
}

// render parses and renders; either may refuse, as long as it ends.
func render(t *testing.T, files map[string]string, user map[string]any) {
	t.Helper()
	set, problems := message.Parse(files)
	if len(problems) > 0 {
		return
	}
	template, ok := set.Find("x", "email", "")
	if !ok {
		t.Fatal("no template")
	}
	out, err := template.Render(message.Data{User: user})
	if err == nil && strings.ContainsAny(out.Subject, "\r\n") {
		t.Errorf("subject: %q", out.Subject)
	}
}
