package profile_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/mixtapehq/mixtape/profile"
)

func TestWithdrawingATopicWithdrawsItEverywhere(t *testing.T) {
	t.Parallel()
	p := &profile.Profile{Consents: map[string]bool{"tips": false, "tips/email": true, "tips/sms": false, "tipsy/email": true}}
	if diff := cmp.Diff([]string{"tips"}, profile.SetConsents(p, map[string]bool{"tips": false})); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(map[string]bool{"tips": false, "tips/sms": false, "tipsy/email": true}, p.Consents); diff != "" {
		t.Error(diff)
	}
	if changed := profile.SetConsents(p, map[string]bool{"tips": false}); len(changed) > 0 {
		t.Error("saying so again changes", changed)
	}
	if diff := cmp.Diff([]string{"tips/email"}, profile.SetConsents(p, map[string]bool{"tips": false, "tips/email": true})); diff != "" {
		t.Error(diff) // only by e-mail
	}
}

// What either of two people does not want is not wanted by the one who they turn out to be.
func TestMergingKeepsWhatIsNotWanted(t *testing.T) {
	t.Parallel()
	keys := []string{"", "/email", "/sms", "tips", "tips/email", "tips/sms"}
	said := rapid.MapOf(rapid.SampledFrom(keys), rapid.Bool())
	refuses := func(consents map[string]bool, channel string) bool {
		for _, key := range []string{"", "/" + channel} {
			if given, known := consents[key]; known && !given {
				return true
			}
		}
		for _, key := range []string{"tips/" + channel, "tips"} {
			if given, known := consents[key]; known {
				return !given
			}
		}
		return false
	}
	rapid.Check(t, func(rt *rapid.T) {
		a, b := said.Draw(rt, "a"), said.Draw(rt, "b")
		merged := profile.Merge(&profile.Profile{Consents: a}, &profile.Profile{Consents: b}).Consents
		for _, channel := range []string{"email", "sms", "push"} {
			if want := refuses(a, channel) || refuses(b, channel); refuses(merged, channel) != want {
				rt.Errorf("through %s: %v and %v are %v", channel, a, b, merged)
			}
		}
	})
}
