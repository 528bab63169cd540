package markup_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/html"

	"github.com/mixtapehq/mixtape/markup"
)

// Each folder in testdata holds a page.mjml and what npm's mjml makes of it, which dev/mjml writes:
// ours has the same tags, attributes, styles, texts and comments for Outlook in the same order.
func TestPagesAreThoseOfMJML(t *testing.T) {
	t.Parallel()
	cases, err := filepath.Glob("testdata/*/page.mjml")
	if err != nil || len(cases) < 15 {
		t.Fatalf("%d cases, %v", len(cases), err)
	}
	for _, file := range cases {
		t.Run(filepath.Base(filepath.Dir(file)), func(t *testing.T) {
			t.Parallel()
			page, problems := markup.Compile(read(t, file))
			if len(problems) > 0 {
				t.Fatal(problems)
			}
			want := read(t, filepath.Join(filepath.Dir(file), "generated.html"))
			if diff := cmp.Diff(skeleton(want), skeleton(page.HTML)); diff != "" {
				t.Errorf("differs from mjml's (-) by (+):\n%s", diff)
			}
		})
	}
}

func read(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

var (
	space      = regexp.MustCompile(`\s+`)
	shortColor = regexp.MustCompile(`^#([0-9a-fA-F])([0-9a-fA-F])([0-9a-fA-F])$`)
	outlook    = regexp.MustCompile(`^\[if mso \| IE\]>([\s\S]*)<!\[endif\]$`)
)

// skeleton is a page as a list of its parts, without what makes no difference: white space, the order
// of attributes and of declarations, long and short colours.
func skeleton(page string) []string {
	var all []string
	z := html.NewTokenizer(strings.NewReader(page))
	for {
		kind := z.Next()
		if kind == html.ErrorToken {
			return all
		}
		token := z.Token()
		switch kind {
		case html.TextToken:
			if text := strings.TrimSpace(space.ReplaceAllString(token.Data, " ")); text != "" {
				all = append(all, strings.NewReplacer(" ", "", ";", "").Replace(text))
			}
		case html.CommentToken:
			if m := outlook.FindStringSubmatch(token.Data); m != nil {
				all = append(all, "outlook")
				all = append(all, skeleton(m[1])...)
				all = append(all, "all")
			} else {
				all = append(all, strings.NewReplacer(" ", "", "\n", "").Replace(token.Data))
			}
		case html.EndTagToken:
			all = append(all, "</"+token.Data+">")
		default:
			all = append(all, element(token))
		}
	}
}

func element(token html.Token) string {
	var parts []string
	for _, a := range token.Attr {
		value := strings.TrimSpace(a.Val)
		switch {
		case value == "" && a.Key != "alt":
			continue
		case a.Key == "style":
			value = style(value)
		default:
			value = color(value)
		}
		parts = append(parts, a.Key+"="+value)
	}
	slices.Sort(parts)
	return "<" + token.Data + " " + strings.Join(parts, " ")
}

func style(text string) string {
	var parts []string
	for _, declaration := range strings.Split(text, ";") {
		name, value, ok := strings.Cut(declaration, ":")
		if !ok {
			continue
		}
		words := strings.Fields(value)
		for i := range words {
			words[i] = color(words[i])
		}
		parts = append(parts, strings.TrimSpace(name)+":"+strings.Join(words, " "))
	}
	slices.Sort(parts)
	return strings.Join(parts, ";")
}

func color(value string) string {
	return strings.ToLower(shortColor.ReplaceAllString(value, "#$1$1$2$2$3$3"))
}
