package profile_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mixtapehq/mixtape/profile"
)

func TestOnlyABounceEndsWithItsAddress(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		before  map[string]string
		changed []string
		lifted  []string
		after   map[string]string
	}{
		"the bounced address":    {map[string]string{"email": "bounced", "sms": "bounced"}, []string{"city", "email"}, []string{"email"}, map[string]string{"sms": "bounced"}},
		"the bounced number":     {map[string]string{"email": "bounced", "sms": "bounced"}, []string{"phone"}, []string{"sms"}, map[string]string{"email": "bounced"}},
		"something else":         {map[string]string{"email": "bounced"}, []string{"city"}, nil, map[string]string{"email": "bounced"}},
		"a complaint stays":      {map[string]string{"email": "complained"}, []string{"email"}, nil, map[string]string{"email": "complained"}},
		"an operator's no stays": {map[string]string{"email": "manual"}, []string{"email"}, nil, map[string]string{"email": "manual"}},
		"an opt-out stays":       {map[string]string{"sms": "opted_out"}, []string{"phone"}, nil, map[string]string{"sms": "opted_out"}},
		"nothing was suppressed": {nil, []string{"email", "phone"}, nil, nil},
	} {
		p := &profile.Profile{Suppressed: c.before}
		if diff := cmp.Diff(c.lifted, profile.LiftBounces(p, c.changed)); diff != "" {
			t.Error(name, diff)
		}
		if diff := cmp.Diff(c.after, p.Suppressed); diff != "" {
			t.Error(name, diff)
		}
	}
}

func TestAReportDoesNotWeakenWhatWasSaidBefore(t *testing.T) {
	t.Parallel()
	for before, after := range map[string]string{"": "bounced", "complained": "complained", "manual": "manual", "opted_out": "opted_out"} {
		p := &profile.Profile{}
		profile.Suppress(p, "email", before)
		if did := profile.SuppressReported(p, "email", profile.Bounced); did != (before == "") || p.Suppressed["email"] != after {
			t.Errorf("a bounce after %q: %v, %v", before, did, p.Suppressed)
		}
	}
	p := &profile.Profile{Suppressed: map[string]string{"email": profile.Bounced}}
	if !profile.SuppressReported(p, "email", profile.Complained) || p.Suppressed["email"] != profile.Complained {
		t.Error("a complaint after a bounce was not noted:", p.Suppressed)
	}
}

// As a bounce ends with its address, a merge may not turn anything else into one.
func TestAMergeKeepsTheGraverSuppression(t *testing.T) {
	t.Parallel()
	grave, light := &profile.Profile{Suppressed: map[string]string{"email": profile.Complained}}, &profile.Profile{Suppressed: map[string]string{"email": profile.Bounced}}
	for _, m := range []*profile.Profile{profile.Merge(grave, light), profile.Merge(light, grave)} {
		if m.Suppressed["email"] != profile.Complained {
			t.Error(m.Suppressed)
		}
	}
}
