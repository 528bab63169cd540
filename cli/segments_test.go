package cli_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSegments(t *testing.T) {
	t.Parallel()
	const all = "GET /api/segments"
	s := serve(t, map[string][]string{all: {`200 {"segments":[
		{"segment":"vip","name":"VIPs","rule":"user.level >= 3","members":1200,"computed":true,"computed_at":"2026-05-01T10:00:00Z"},
		{"segment":"silent","name":"silent","rule":"events(\"played\").count() == 0\n  && user.plan == \"free\"","members":0,"computed":false}]}`},
		"GET /api/segments/vip/members?limit=3":          {`200 {"members":[{"id":"p1","user_id":"ada"},{"id":"p2"}],"next":"p2"}`},
		"GET /api/segments/vip/members?after=p2&limit=1": {`200 {"members":[{"id":"p3","user_id":"bela"}],"next":"p3"}`},
		"GET /api/segments/silent/members?limit=100":     {`200 {"members":[]}`},
		"GET /api/segments/a%20b%2Fc/members?limit=100":  {`404 {"detail":"not known here"}`},
	})
	got := mixtape(t, s.at("segments")...)
	for _, part := range []string{"SEGMENT", "vip      1200", "user.level >= 3", "silent   0        being computed", "  events(\"played\").count() == 0\n"} {
		if got.Code != 0 || !strings.Contains(got.Out, part) {
			t.Errorf("there is no %q in %+v", part, got)
		}
	}
	if got := mixtape(t, s.at("segments", "--json")...); got.Code != 0 || !strings.Contains(got.Out, `"members": 1200`) {
		t.Errorf("%+v", got)
	}
	if diff := cmp.Diff(result{0, "ada\np2\nbela\n", ""}, mixtape(t, s.at("segments", "vip", "--limit", "3")...)); diff != "" {
		t.Errorf("members (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(result{0, "nobody is in silent\n", ""}, mixtape(t, s.at("segments", "silent")...)); diff != "" {
		t.Errorf("no members (-want +got):\n%s", diff)
	}
	if got := mixtape(t, s.at("segments", "a b/c")...); got.Code == 0 {
		t.Errorf("a segment that there is none of: %+v", got)
	}
	if got := mixtape(t, s.at("segments", "vip", "--limit", "0")...); got.Code != 2 || !strings.Contains(got.Err, "write a number from 1") {
		t.Errorf("%+v", got)
	}
}

// Before anything is published, apply says whom it concerns.
func TestApplyTellsOfSegments(t *testing.T) {
	t.Parallel()
	s := serve(t, map[string][]string{put: {`200 {"dry_run":true,"journeys":[],"segments":[
		{"segment":"gone","change":"archived","members":1},{"segment":"vip","change":"changed","members":3},{"segment":"young","change":"new","members":0}]}`}, get: {`200 {"journeys":[]}`}})
	want := "archived segment gone, with 1 member now: they leave it\n" +
		"changed segment vip, with 3 members now: everybody is looked at; who enters or leaves is woken, and enters journeys by it\n" +
		"new segment young, with 0 members now: everybody is looked at; who is in it from the start enters no journey by that\n" +
		"nothing was published: --dry-run\n"
	if diff := cmp.Diff(result{0, want, ""}, mixtape(t, s.at("apply", good(t), "--dry-run")...)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
