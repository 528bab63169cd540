package starter_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

type segmentList struct {
	Segments []struct {
		Segment, Name, Rule string
		Members             int
		Computed            bool
	}
}

// withSegments publishes a workspace with these rules of the segments vip and local; all count as computed.
func withSegments(t *testing.T, vip, local string) *door {
	t.Helper()
	d := open(t)
	d.publish(segmentedWorkspace(vip, local, false))
	d.compute()
	return d
}

func segmentedWorkspace(vip, local string, dry bool) string {
	body := `{"settings": {"name": "acme"}, "journeys": [], "reference": {"segments": [{"segment": "vip", "name": "VIPs", "rule": ` + quoted(vip) + `}`
	if local != "" {
		body += `, {"segment": "local", "rule": ` + quoted(local) + `}`
	}
	if dry {
		return body + `]}, "dry_run": true}`
	}
	return body + `]}}`
}

func (d *door) compute() {
	d.t.Helper()
	if _, err := d.store.Pool().Exec(d.t.Context(), "update segments set computed = hash, checked = hash, computed_at = now()"); err != nil {
		d.t.Fatal(err)
	}
}

func TestSegmentsAndTheirMembers(t *testing.T) {
	t.Parallel()
	d := withSegments(t, `user.level >= 3`, `in_segment("vip") && user.city == "Paris"`)
	for _, user := range []string{"ada", "bela", "cleo"} {
		d.good("identify", `{"userId": "`+user+`", "traits": {"level": 4}}`)
	}
	d.good("track", `{"userId": "ada", "event": "moved", "context": {"traits": {"city": "Paris"}}}`)
	d.good("identify", `{"userId": "cleo", "traits": {"level": 1}}`)
	d.judge()
	var list segmentList
	d.manage(http.MethodGet, "/api/segments", "", &list)
	if len(list.Segments) != 2 || list.Segments[1].Segment != "vip" || list.Segments[1].Members != 2 || list.Segments[0].Members != 1 || !list.Segments[1].Computed || list.Segments[1].Name != "VIPs" {
		t.Errorf("%+v", list)
	}
	// Page by page.
	var names []string
	for after := ""; ; {
		var page struct {
			Members []struct {
				UserID string `json:"user_id"`
			}
			Next string
		}
		d.manage(http.MethodGet, "/api/segments/vip/members?limit=1&after="+after, "", &page)
		for _, m := range page.Members {
			names = append(names, m.UserID)
		}
		if after = page.Next; after == "" {
			break
		}
	}
	if slices.Sort(names); !cmp.Equal(names, []string{"ada", "bela"}) {
		t.Errorf("the members are %v", names)
	}
	for _, path := range []string{"/api/segments/none", "/api/segments/none/members", "/api/profiles/nobody/segments"} {
		if got := d.manage(http.MethodGet, path, "", nil); got.status != http.StatusNotFound {
			t.Errorf("%s: %d %s", path, got.status, got.body)
		}
	}
}

func TestWhyMembershipsChanged(t *testing.T) {
	t.Parallel()
	d := withSegments(t, `events("bought").count() >= 1`, `user.city == "Paris"`)
	d.good("track", `{"userId": "ada", "event": "bought"}`)
	d.judge()
	d.good("identify", `{"userId": "ada", "traits": {"city": "Paris"}}`)
	d.judge()
	d.good("identify", `{"userId": "ada", "traits": {"city": "Lyon"}}`)
	d.judge()
	var of struct {
		Segments []string
		Changes  []struct {
			Segment, Why, Cause string
			Entered             bool
		}
	}
	d.manage(http.MethodGet, "/api/profiles/ada/segments", "", &of)
	if !cmp.Equal(of.Segments, []string{"vip"}) || len(of.Changes) != 3 || of.Changes[0].Entered || of.Changes[0].Why != "profile" || of.Changes[0].Cause != "city" {
		t.Errorf("%+v", of)
	}
	story := d.manage(http.MethodGet, "/api/profiles/ada/story", "", nil).body
	for _, words := range []string{"entered the segment vip, by bought", "entered the segment local, as this changed: city", "left the segment local, as this changed: city"} {
		if !strings.Contains(story, words) {
			t.Errorf("the story does not say %q: %s", words, story)
		}
	}
}

// A publication says which segments it makes, changes and takes away; those are computed.
func TestPublishingSegments(t *testing.T) {
	t.Parallel()
	d := withSegments(t, `user.level >= 3`, `user.city == "Paris"`)
	d.good("identify", `{"userId": "ada", "traits": {"level": 4, "city": "Paris"}}`)
	d.judge()
	type changes struct {
		Segments []struct {
			Segment, Change string
			Members         int
		}
	}
	var said changes
	swept := len(d.swept.all)
	d.manage(http.MethodPut, "/api/workspace", segmentedWorkspace(`user.level >= 2`, "", true), &said)
	if len(said.Segments) != 2 || said.Segments[0].Change != "archived" || said.Segments[0].Members != 1 || said.Segments[1].Change != "changed" || said.Segments[1].Members != 1 {
		t.Errorf("%+v", said)
	}
	if len(d.swept.all) != swept {
		t.Error("a dry run begins a sweep")
	}
	d.publish(segmentedWorkspace(`user.level >= 2`, "", false))
	if !slices.Contains(d.swept.all[swept:], "segments") {
		t.Error("nobody computes what was published")
	}
	d.compute()
	swept = len(d.swept.all)
	said = changes{}
	d.manage(http.MethodPut, "/api/workspace", segmentedWorkspace(`user.level >= 2`, "", false), &said)
	if len(said.Segments) != 0 || len(d.swept.all) != swept {
		t.Errorf("nothing changes: %+v, %v", said, d.swept.all[swept:])
	}
	d.manage(http.MethodPut, "/api/workspace", segmentedWorkspace(`user.level >= 2`, `user.city == "Rome"`, true), &said)
	if len(said.Segments) != 1 || said.Segments[0].Change != "new" {
		t.Errorf("%+v", said)
	}
}
