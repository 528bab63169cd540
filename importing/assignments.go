package importing

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/mixtapehq/mixtape/calendar"
	"github.com/mixtapehq/mixtape/profile"
	"github.com/mixtapehq/mixtape/store"
	"github.com/mixtapehq/mixtape/tracking"
)

// assignment reads {variant, time}: which arm of an experiment that ran elsewhere somebody was put into, and when.
func (d *rowReader) assignment(f fields, out *store.ImportRow) *profile.Problem {
	variant, _ := f["variant"].(string)
	if variant = strings.TrimSpace(variant); variant == "" || len(variant) > profile.MaxName {
		return &profile.Problem{Field: "variant", Message: fmt.Sprintf("is missing or longer than %d; write the name of the arm", profile.MaxName)}
	}
	share, known := d.shares[variant]
	if len(d.shares) > 0 && !known {
		return &profile.Problem{Field: "variant", Message: fmt.Sprintf("is %s, which has no share; the shares are of %s", tracking.Cut(variant), strings.Join(slices.Sorted(maps.Keys(d.shares)), ", "))}
	}
	at, ok := calendar.ReadDate(f["time"], time.UTC)
	if !ok {
		return &profile.Problem{Field: "time", Message: "is missing or no date; write when they were put into it, such as 2026-03-01T09:00:00Z"}
	}
	out.Assigned = &store.ImportedAssignment{Variant: variant, At: at, Chance: share}
	return nil
}

// relative makes shares parts of one.
func relative(shares map[string]float64) map[string]float64 {
	var all float64
	for _, s := range shares {
		all += s
	}
	parts := map[string]float64{}
	for name, s := range shares {
		parts[name] = s / all
	}
	return parts
}
