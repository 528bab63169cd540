package markup_test

import (
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/mixtapehq/mixtape/markup"
)

func hostile() map[string]string {
	many := func(n int, s string) string { return strings.Repeat(s, n) }
	in := func(s string) string {
		return "<mjml><mj-body><mj-section><mj-column>" + s + "</mj-column></mj-section></mj-body></mjml>"
	}
	return map[string]string{
		"deep":               many(30_000, "<mjml>"),
		"open braces":        many(120_000, "{"),
		"open Liquid":        "<mjml>" + many(60_000, "{{ "),
		"open in a value":    `<mjml lang="` + many(60_000, "{{{%"),
		"many sections":      "<mjml><mj-body>" + many(15_000, "<mj-section/>") + "</mj-body></mjml>",
		"many columns":       "<mjml><mj-body><mj-section>" + many(15_000, "<mj-column/>") + "</mj-section></mj-body></mjml>",
		"many widths":        "<mjml><mj-body>" + many(2_000, "<mj-section>"+many(3, `<mj-column width="7.123%"/>`)+"</mj-section>") + "</mj-body></mjml>",
		"defaults that grow": `<mjml><mj-head><mj-attributes><mj-all color="` + many(50_000, "x") + `"/></mj-attributes></mj-head><mj-body><mj-section><mj-column>` + many(5_000, "<mj-text>a</mj-text>") + `</mj-column></mj-section></mj-body></mjml>`,
		"quotes":             in(`<mj-text css-class='` + many(100_000, `"`) + `'>x</mj-text>`),
		"quotes and Liquid":  in(`<mj-text css-class='` + many(20_000, `"{{ a }}`) + `'>x</mj-text>`),
		"unclosed texts":     "<mjml><mj-body>" + many(20_000, "<mj-text>"),
		"unknown":            many(20_000, "<mj-texd a>"),
		"fonts":              "<mjml><mj-head>" + many(3_000, `<mj-font name="Lato" href="https://acme.example/lato"/>`) + "</mj-head><mj-body>" + many(1_000, `<mj-section><mj-column><mj-text font-family="x">y</mj-text></mj-column></mj-section>`) + "</mj-body></mjml>",
		"classes":            "<mjml><mj-body><mj-section><mj-column>" + `<mj-text mj-class="` + many(50_000, "a ") + `">x</mj-text></mj-column></mj-section></mj-body></mjml>`,
	}
}

// Not parallel: it measures time and memory.
func TestNoMarkupTakesMoreThanItsShare(t *testing.T) { //nolint:paralleltest // see above
	for name, source := range hostile() {
		t.Run(name, func(t *testing.T) {
			runtime.LockOSThread()
			defer runtime.UnlockOSThread()
			least, bytes := time.Hour, uint64(1<<62)
			for range 3 {
				start, before := spent(t), allocated()
				markup.Compile(source)
				least, bytes = min(least, spent(t)-start), min(bytes, allocated()-before)
			}
			t.Logf("%v, %d KB", least, bytes>>10)
			if least > 200*time.Millisecond {
				t.Errorf("took %v", least)
			}
			if bytes > 16<<20 {
				t.Errorf("allocated %d KB", bytes>>10)
			}
		})
	}
}

func allocated() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.TotalAlloc
}

// FuzzCompile wants of any source that it ends in a page or in problems, each with a place in the source.
func FuzzCompile(f *testing.F) {
	for _, source := range hostile() {
		f.Add(source[:min(len(source), 2000)])
	}
	f.Add(`<mjml><mj-body><mj-section><mj-column width="50%"><mj-text color='{{ "a" }}'>{% if a %}</mj-text></mj-column></mj-section></mj-body></mjml>`)
	f.Fuzz(func(t *testing.T, source string) {
		page, problems := markup.Compile(source)
		for _, p := range problems {
			if p.At < 0 || p.At > len(source) || p.Message == "" {
				t.Errorf("a problem without place or words: %v", p)
			}
		}
		if len(problems) == 0 && page.HTML == "" {
			t.Error("neither page nor problem")
		}
		for i := range page.HTML {
			if at := page.Origin(i); at < 0 || at > len(source) {
				t.Fatalf("%d comes from %d of %d", i, at, len(source))
			}
		}
	})
}
