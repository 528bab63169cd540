package journey_test

import (
	"encoding/json"
	"testing"

	"github.com/mixtapehq/mixtape/journey"
	"github.com/mixtapehq/mixtape/profile"
)

// A run that repeats for years remembers no more than after its first rounds.
func TestARepeatHasOneSize(t *testing.T) {
	t.Parallel()
	j := compiled(t, `
journey: digest
entry: { event: go }
exit: [ { event: stop } ]
steps:
  - id: weekly
    repeat:
      on: [mon]
      at: "09:00"
      steps:
        - { id: items, collect: { event: liked, for: 1h, since: last } }
        - { id: mail, send: { channel: email, template: digest } }
        - { id: rest, wait: 2d }
`)
	s := j.Begin(happened(1, "go", at(0), nil), at(0))
	f := journey.Facts{Now: at(0), Profile: &profile.Profile{ID: "ada"}, Latest: 1}
	sizes := []int{}
	for sent := 0; sent < 3*52; {
		a := j.Next(s, f)
		switch a.Kind {
		case journey.Park:
			f.Now = s.Wake
		case journey.Send:
			sent++
			j.Resolve(s, journey.Sent)
			raw, err := json.Marshal(s)
			if err != nil {
				t.Fatal(err)
			}
			sizes = append(sizes, len(raw))
		default:
			t.Fatalf("it %ss", a.Kind)
		}
	}
	if first, last := sizes[2], sizes[len(sizes)-1]; last > first+16 { // numbers grow by a digit
		t.Errorf("its state grew from %d to %d bytes", first, last)
	}
}
