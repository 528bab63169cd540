package profile_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/mixtapehq/mixtape/profile"
)

func values() *rapid.Generator[any] {
	return rapid.OneOf(
		rapid.Just[any](nil), rapid.Just[any](true), rapid.Map(rapid.Float64Range(-9, 9), func(f float64) any { return f }),
		rapid.Map(rapid.SampledFrom([]string{"", "a", "b"}), func(s string) any { return s }),
		rapid.Just[any]([]any{"x", 1.0}), rapid.Just[any](map[string]any{"k": nil}),
	)
}

func traits() *rapid.Generator[map[string]any] {
	return rapid.MapOf(rapid.SampledFrom([]string{"email", "phone", "plan", "city", "x"}), values())
}

func profiles(id string) *rapid.Generator[*profile.Profile] {
	return rapid.Custom(func(t *rapid.T) *profile.Profile {
		p := &profile.Profile{ID: id}
		profile.Identify(p, traits().Draw(t, "attributes"))
		p.Consents = rapid.MapOf(rapid.SampledFrom([]string{"", "tips", "news"}), rapid.Bool()).Draw(t, "consents")
		p.Suppressed = rapid.MapOf(rapid.SampledFrom([]string{"email", "sms"}), rapid.Just("bounced")).Draw(t, "suppressed")
		for _, token := range rapid.SliceOfN(rapid.SampledFrom(strings.Split("abcdefghijklmnopqrstuvwxyz", "")), 0, 25).Draw(t, "devices") {
			profile.AddDevice(p, profile.Device{Channel: "push", Token: token})
		}
		return p
	})
}

// Afterwards the profile says what the traits say and nothing else changed; exactly what changed is
// named; saying it again changes nothing.
func TestIdentify(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p := profiles("p").Draw(t, "profile")
		before := map[string]any{}
		for k, v := range p.Attributes {
			before[k] = v
		}
		said := traits().Draw(t, "traits")
		changed := map[string]bool{}
		for _, name := range profile.Identify(p, said) {
			changed[name] = true
		}
		for _, name := range []string{"email", "phone", "plan", "city", "x"} {
			now, has := p.Attributes[name]
			if changed[name] == cmp.Equal(before[name], now) {
				t.Errorf("%s was %v and is %v, changed: %v", name, before[name], now, changed[name])
			}
			if value, given := said[name]; given && (!cmp.Equal(value, now) || has == (value == nil)) {
				t.Errorf("%s is %v, not %v as was said", name, now, value)
			}
		}
		if again := profile.Identify(p, said); len(again) > 0 {
			t.Errorf("said again %v change", again)
		}
	})
}

func TestFillLeavesWhatIsKnown(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p := profiles("p").Draw(t, "profile")
		before := map[string]any{}
		for k, v := range p.Attributes {
			before[k] = v
		}
		profile.Fill(p, traits().Draw(t, "traits"))
		for name, value := range before {
			if !cmp.Equal(value, p.Attributes[name]) {
				t.Errorf("%s was %v and is %v", name, value, p.Attributes[name])
			}
		}
	})
}

// The identified side wins, gaps are filled, nobody is subscribed again by a merge, and merging what
// was merged changes nothing.
func TestMerge(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a, b := profiles("a").Draw(t, "anonymous"), profiles("b").Draw(t, "identified")
		b.UserID = "ada"
		m := profile.Merge(a, b)
		if m.ID != "b" || m.UserID != "ada" {
			t.Error("merged into", m.ID, m.UserID)
		}
		for name := range map[string]bool{"email": true, "phone": true, "plan": true, "city": true, "x": true} {
			want := b.Attributes[name]
			if want == nil {
				want = a.Attributes[name]
			}
			if !cmp.Equal(want, m.Attributes[name]) {
				t.Errorf("%s is %v, want %v", name, m.Attributes[name], want)
			}
		}
		for _, side := range []*profile.Profile{a, b} {
			for topic, given := range side.Consents {
				if now, said := m.Consents[topic]; !said || now && !given {
					t.Errorf("consent to %q was %v and is %v", topic, given, now)
				}
			}
			for channel := range side.Suppressed {
				if m.Suppressed[channel] == "" {
					t.Errorf("%s is no longer suppressed", channel)
				}
			}
		}
		if len(m.Devices) > 20 {
			t.Errorf("%d devices", len(m.Devices))
		}
		for _, d := range b.Devices {
			if !strings.Contains(fmt.Sprint(m.Devices), fmt.Sprint(d)) {
				t.Error("lost the device", d)
			}
		}
		again := profile.Merge(a, m)
		if diff := cmp.Diff([]any{m.Attributes, m.Consents, m.Suppressed}, []any{again.Attributes, again.Consents, again.Suppressed}); diff != "" {
			t.Error("merged again", diff)
		}
	})
}

func TestReaddressed(t *testing.T) {
	t.Parallel()
	known := map[string]any{"email": "ada@example.com", "phone": ""}
	for _, c := range []struct {
		user   string
		traits map[string]any
		want   []string
	}{
		{"ada", map[string]any{"email": "x@example.com"}, []string{"email"}},
		{"ada", map[string]any{"email": nil}, []string{"email"}},
		{"ada", map[string]any{"email": "ada@example.com", "plan": "pro"}, nil},
		{"ada", map[string]any{"phone": "+331"}, nil},
		{"", map[string]any{"email": "x@example.com"}, nil},
	} {
		if diff := cmp.Diff(c.want, profile.Readdressed(&profile.Profile{UserID: c.user, Attributes: known}, c.traits)); diff != "" {
			t.Error(c, diff)
		}
	}
}

func TestReserved(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]bool{
		"message_opened": true, "message_": true, "unsubscribed": true, "consent_changed": true, "message": false, "messages_read": false, "signed_up": false,
	} {
		if got := profile.Reserved(name); got != want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
