package endtoend_test

import (
	"context"
	"os/exec"
	"testing"
	"time"

	"github.com/mixtapehq/mixtape/bench/rig"
	"github.com/mixtapehq/mixtape/journey"
)

// TestASegmentClientDrivesAJourney runs Segment's own client for Node, unmodified.
func TestASegmentClientDrivesAJourney(t *testing.T) {
	t.Parallel()
	const folder = "../segment"
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	for _, tool := range []string{"node", "npm"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Fatalf("%s is needed for Segment's client; install Debian's packages nodejs and npm", tool)
		}
	}
	install := exec.CommandContext(ctx, "npm", "ci", "--no-audit", "--no-fund")
	install.Dir = folder
	if out, err := install.CombinedOutput(); err != nil {
		t.Fatalf("npm ci in bench/segment: %v\n%s", err, out)
	}
	r := rig.New(t, rig.Options{})
	r.Publish(tips(), nudge())
	play := exec.CommandContext(ctx, "node", "play.mjs", r.URL, r.WriteKey, "segment-user", "segment-device")
	play.Dir = folder
	if out, err := play.CombinedOutput(); err != nil {
		t.Fatalf("the client failed: %v\n%s", err, out)
	}
	r.AwaitPhase("segment-user", journey.Waiting, "share")
	p, err := r.Store.FindProfile(ctx, "segment-device")
	if err != nil {
		t.Fatal(err)
	}
	if p.UserID != "segment-user" || p.Attributes["email"] != "segment@example.com" || p.Attributes["timezone"] != "Europe/Paris" {
		t.Errorf("the profile is %+v", p)
	}
	events, err := r.Store.EventsOfProfile(ctx, p.ID, 100)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]int{}
	for _, e := range events {
		seen[e.Name]++
	}
	for _, name := range []string{"landed", "signed_up", "page", "screen", "group"} {
		if seen[name] != 1 {
			t.Errorf("%s came %d times: %v", name, seen[name], seen)
		}
	}
	r.Send(rig.Track("segment-user", "playlist_shared", map[string]any{"visibility": "public"}))
	r.AwaitMail("segment@example.com", "thanks")
}
