package document_test

import (
	"fmt"

	"github.com/mixtapehq/mixtape/document"
)

// A file is read as nodes; a Reader then asks for what the language knows, and everything that is wrong
// is reported, with its place.
func Example() {
	source := []byte(`name: morning
at: {10: 30}
channel: emial
events:
  - { event: plan_changed, properties: { plan: pro, seats: 3, vip: true } }
evnets: []
`)
	r := &document.Reader{Report: func(line, column int, message string) {
		fmt.Printf("case.yaml:%d:%d: %s\n", line, column, message)
	}}
	root, err := r.Read(source)
	if err != nil {
		fmt.Println(err)
		return
	}
	if m, ok := r.Mapping(root, "a case", "name:, at: and events:"); ok {
		name, _ := r.Text(m.Want("name", "name: and what it shows"), "name", "what it shows")
		fmt.Println("name", name)
		r.Text(m.Want("at", "at: and a time"), "at", "a time of day")
		r.OneOf(m.Get("channel"), "channel", "email", "sms")
		for _, item := range r.Items(m.Get("events"), "events") {
			r.Fields(item, "an event", map[string]func(*document.Node){
				"event":      func(n *document.Node) { fmt.Println("event", n.Text) },
				"properties": func(n *document.Node) { fmt.Println(r.Values(n, "properties")) },
			})
		}
		m.Done()
	}
	// Output:
	// name morning
	// case.yaml:2:5: 10:30 is read as a mapping; write "10:30" in quotes
	// case.yaml:3:10: channel cannot be emial; write email
	// event plan_changed
	// map[plan:pro seats:3 vip:true]
	// case.yaml:6:1: a case has no field evnets; write events
}

func ExampleFormat_Read() {
	segments := document.Format{Noun: "segment", Empty: "segment: and a name"}
	for _, source := range []string{"", "segment: a\n---\nsegment: b\n", "segment: vip: yes"} {
		_, err := segments.Read([]byte(source))
		fmt.Println(err)
	}
	// Output:
	// the file is empty; write segment: and a name
	// a second document begins here; write one segment a file
	// not YAML: mapping value is not allowed in this context; write text that holds ": " in quotes
}

// A rule is text of its own that others complain of: Place finds where in the file that is.
func ExampleNode_Place() {
	source := []byte("rule: >-\n  user.plan == 'pro' &&\n  nope\n")
	root, err := document.Read(source)
	if err != nil {
		fmt.Println(err)
		return
	}
	rule := root.Get("rule")
	fmt.Printf("%q\n", rule.Text)
	fmt.Println(rule.Place(document.Lines(source), 1, 23))
	// Output:
	// "user.plan == 'pro' && nope"
	// 3 3
}
