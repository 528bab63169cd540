package cli_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestCount(t *testing.T) {
	t.Parallel()
	s := serve(t, map[string][]string{"POST /api/audience/count": {`200 {"count": 1234}`}})
	if diff := cmp.Diff(result{0, "1234\n", ""}, mixtape(t, s.at("count", `user.plan == "free"`)...)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	s = serve(t, map[string][]string{"POST /api/audience/count": {`200 {"count": 0, "explain": {"statement": "select count(*) from profiles p where p.a = $1::text", "args": ["free"], "plan": "Aggregate\n"}}`}})
	want := "select count(*) from profiles p where p.a = $1::text\n\n$1  \"free\"\n\nAggregate\n"
	if diff := cmp.Diff(result{0, want, ""}, mixtape(t, s.at("count", "--explain", `user.plan == "free"`)...)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	s = serve(t, map[string][]string{"POST /api/audience/count": {`422 {"detail": "the rule has a problem", "errors": [{"message": "rule:1:1: nobody has ever had the attribute \"plann\"; write user.plan"}]}`}})
	if got := mixtape(t, s.at("count", `user.plann == "free"`)...); got.Code != 1 || !strings.Contains(got.Err, `rule:1:1: nobody has ever had the attribute "plann"; write user.plan`) {
		t.Errorf("%+v", got)
	}
}

func TestList(t *testing.T) {
	t.Parallel()
	pages := []string{`200 {"people": [{"id": "p1", "user_id": "ada"}, {"id": "p2"}], "next": "p2"}`, `200 {"people": [{"id": "p3", "user_id": "cid"}]}`}
	s := serve(t, map[string][]string{"POST /api/audience/list": pages})
	if diff := cmp.Diff(result{0, "ada\np2\ncid\n", ""}, mixtape(t, s.at("list", "true")...)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	s = serve(t, map[string][]string{"POST /api/audience/list": pages})
	if got := mixtape(t, s.at("list", "true", "--limit", "2", "--json")...); strings.Contains(got.Out, "cid") || !strings.Contains(got.Out, `"id": "p2"`) {
		t.Errorf("%+v", got)
	}
	if got := mixtape(t, s.at("list", "true", "--limit", "0")...); got.Code != 2 {
		t.Errorf("%+v", got)
	}
}
