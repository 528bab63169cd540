package starter_test

import (
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"
)

type warned struct{ At, Message string }

func (d *door) warnings(body string) []warned {
	d.t.Helper()
	var out struct{ Warnings []warned }
	if got := d.manage(http.MethodPut, "/api/workspace", body, &out); got.status != http.StatusOK {
		d.t.Fatal(got)
	}
	return out.Warnings
}

// What is read and never came is told with its place and what may be meant, and published all the same.
func TestPublishingWhatNeverCame(t *testing.T) {
	t.Parallel()
	d := open(t)
	source := `journey: hello
entry: { event: signd_up, where: user.plann == "free" && user.stage != "x" && user.email != "" }
exit: [ { event: message_opened }, { event: went_quiet }, { rule: 'events("unheard").count() > 3', reason: x } ]
steps:
  - { id: a, update: { set: { stage: "'x'" } } }
  - { id: b, emit: { event: went_quiet } }
`
	rest := `, "journeys": [{"journey": "hello", "source": ` + quoted(source) + `}], "reference": {"segments": [{"segment": "vip", "rule": "user.plan == 'pro' && events('orderd').count() > 1"}]}}`
	body := `{"settings": {"name": "acme"}` + rest
	if got := d.warnings(body); got != nil {
		t.Error("before anything came there is nothing to compare with: ", got)
	}
	d.good("identify", `{"userId": "ada", "traits": {"plan": "free"}}`)
	d.good("track", `{"userId": "ada", "event": "signed_up"}`)
	d.good("track", `{"userId": "ada", "event": "ordered"}`)
	want := []warned{
		{"journeys/hello.yaml:2:17", `nobody has ever sent the event "signd_up"; write signed_up if that is meant, or send it, or what reads it never happens`},
		{"journeys/hello.yaml:3:68", `nobody has ever sent the event "unheard"; send it, or what reads it never happens`},
		{"segments/vip.yaml", `nobody has ever sent the event "orderd"; write ordered if that is meant, or send it, or what reads it never happens`},
		{"journeys/hello.yaml:2:34", `nobody has ever had the attribute "plann"; write plan if that is meant, or send it with identify, or it stays absent`},
	}
	if diff := cmp.Diff(want, d.warnings(body)); diff != "" {
		t.Error(diff)
	}
	if n := d.count("select count(*) from journeys"); n != 1 {
		t.Error("a warning kept the workspace from being published")
	}
	// What the workspace declares it knows better than what came.
	declared := `{"settings": {"name": "acme", "attributes": {"plann": "string", "plan": "string", "stage": "string"}}` + rest
	if diff := cmp.Diff(want[:3], d.warnings(declared)); diff != "" {
		t.Error(diff)
	}
}
