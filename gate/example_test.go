package gate_test

import (
	"fmt"

	"github.com/mixtapehq/mixtape/gate"
	"github.com/mixtapehq/mixtape/profile"
)

func ExampleDecide() {
	verdict := gate.Decide(gate.Question{
		Profile: &profile.Profile{
			Attributes: map[string]any{"email": "ada@example.com"},
			Consents:   map[string]bool{"tips": false},
		},
		Topics:     topics{"tips": true},
		Candidates: []gate.Candidate{{Channel: "email", Topic: "tips", Template: true, Provider: true}},
	})
	fmt.Println(verdict.Kind, verdict.Reason)
	// Output: skip no_consent
}
