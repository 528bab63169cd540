package channels_test

import (
	"strings"
	"testing"

	"github.com/mixtapehq/mixtape/channels"
)

func TestSegments(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		text string
		n    int
		gsm  bool
	}{
		"nothing":                 {"", 0, true},
		"one":                     {strings.Repeat("a", 160), 1, true},
		"two":                     {strings.Repeat("a", 161), 2, true},
		"full two":                {strings.Repeat("é", 306), 2, true},
		"three":                   {strings.Repeat("a", 307), 3, true},
		"euros take two places":   {strings.Repeat("€", 80), 1, true},
		"and one more":            {strings.Repeat("€", 81), 2, true},
		"an escape is never cut":  {strings.Repeat("a", 152) + "€" + strings.Repeat("a", 151), 2, true},
		"or a third is wanted":    {strings.Repeat("a", 152) + "€" + strings.Repeat("a", 152), 3, true},
		"a letter beyond GSM":     {strings.Repeat("ş", 70), 1, false},
		"and one more of those":   {strings.Repeat("ş", 71), 2, false},
		"an emoji is two":         {strings.Repeat("a", 68) + "🎵", 1, false},
		"and too many of them":    {strings.Repeat("🎵", 36), 2, false},
		"and never cut in halves": {strings.Repeat("a", 66) + "🎵" + strings.Repeat("a", 65), 2, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if n, gsm := channels.Segments(c.text); n != c.n || gsm != c.gsm {
				t.Errorf("%d segments, GSM %v; want %d, %v", n, gsm, c.n, c.gsm)
			}
		})
	}
}
