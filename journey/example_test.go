package journey_test

import (
	"fmt"
	"time"

	"github.com/mixtapehq/mixtape/journey"
	"github.com/mixtapehq/mixtape/profile"
)

// A run is walked by asking what comes next, doing it, and asking again. Here nobody makes a
// playlist, and the clock is turned on by hand.
func Example() {
	j, problems := journey.Compile("onboarding.yaml", []byte(`
journey: onboarding
entry: { event: signed_up }
exit: [ { event: subscribed, reason: converted } ]
steps:
  - { id: welcome, send: { channel: email, template: welcome } }
  - { id: settle-in, wait: { for: 1d, at: "09:00" } }
  - id: activated
    branch:
      - when: events("playlist_created").count() >= 1
        steps: [ { id: praise, send: { channel: email, template: praise } } ]
      - else: [ { id: nudge, send: { channel: email, template: nudge } } ]
`), journey.Options{Zone: "Europe/Paris"})
	for _, p := range problems {
		fmt.Println(p)
	}

	friday := time.Date(2026, 3, 20, 17, 0, 0, 0, time.UTC)
	entry := profile.Event{Number: 1, Name: "signed_up", Time: friday, Arrival: friday}
	ada := &profile.Profile{ID: "p1", Attributes: map[string]any{"timezone": "Europe/Paris"}}
	facts := journey.Facts{Now: friday, Profile: ada, Latest: 1}

	run := j.Begin(entry, friday)
	for {
		action := j.Next(run, facts)
		for _, n := range action.Notes {
			fmt.Println("  ", n.Text)
		}
		switch action.Kind {
		case journey.Send:
			fmt.Println("send", action.Send.Template)
			j.Resolve(run, journey.Sent)
		case journey.Park:
			facts.Now = run.Wake
		case journey.End:
			fmt.Println("end:", action.Reason)
			return
		}
	}
	// Output:
	// send welcome
	//    waits until Sat 21 Mar 2026 09:00 Europe/Paris
	//    waited until Sat 21 Mar 2026 09:00 Europe/Paris
	//    activated: no -> nudge
	// send nudge
	//    the run ends: completed
	// end: completed
}

// Lint says all that is wrong at once, where, and what to write instead.
func ExampleCompile() {
	_, problems := journey.Compile("hello.yaml", []byte(`journey: hello
entry: { event: signed_up }
steps:
  - { id: welcome, send: { chanel: email, template: welcome } }
  - { id: later, wait: -1d }
  - { id: mark, update: { set: { plan: trial } } }
`), journey.Options{Zone: "Europe/Paris"})
	for _, p := range problems {
		fmt.Println(p)
	}
	// Output:
	// hello.yaml:4:28: welcome: a send has no field chanel; write channel
	// hello.yaml:5:24: later: "-1d" is negative, and only an offset may be; write it without the minus
	// hello.yaml:6:40: mark: trial is a word, and this wants a rule; write "'trial'" for text
}
