package message_test

import (
	"fmt"

	"github.com/mixtapehq/mixtape/message"
)

func Example() {
	set, problems := message.Parse(map[string]string{
		"welcome.email.liquid": `---
subject: "Welcome, {{ user.first_name | default: 'friend' }}"
topic: tips
---
<h1>Hello {{ user.first_name | default: "friend" }}</h1>
<p>You can have <a href="https://acme.example/start">your first playlist</a> in a minute.</p>
{% include "footer" %}
`,
		"_footer.liquid": `<p><a href="{{ unsubscribe_url }}">No more of these</a></p>
`,
	})
	for _, p := range problems {
		fmt.Println(p)
	}
	t, _ := set.Find("welcome", "email", "fr-CA")
	out, err := t.Render(message.Data{
		User:  map[string]any{"first_name": "Ada & Bob"},
		Links: message.Links{Unsubscribe: "https://acme.example/u/1"},
	})
	if err != nil {
		fmt.Println(err)
	}
	fmt.Println(out.Subject)
	fmt.Print(out.HTML)
	fmt.Println(out.Text)
	// Output:
	// Welcome, Ada & Bob
	// <h1>Hello Ada &amp; Bob</h1>
	// <p>You can have <a href="https://acme.example/start">your first playlist</a> in a minute.</p>
	// <p><a href="https://acme.example/u/1">No more of these</a></p>
	//
	// Hello Ada & Bob
	//
	// You can have your first playlist (https://acme.example/start) in a minute.
	//
	// No more of these (https://acme.example/u/1)
}

func ExampleSigner() {
	signer, err := message.NewSigner([]byte("the newest key, 32 bytes or more."))
	if err != nil {
		fmt.Println(err)
		return
	}
	token := signer.Sign(message.Claim{Purpose: message.PurposeUnsubscribe, Message: "m1", Profile: "p1", Topic: "tips"})
	claim, err := signer.Verify(token)
	fmt.Println(claim.Purpose, claim.Topic, err)
	_, err = signer.Verify(token + "A")
	fmt.Println(err)
	// Output:
	// unsubscribe tips <nil>
	// this link is not valid; ask for a new message
}
