package spelling_test

import (
	"fmt"

	"github.com/mixtapehq/mixtape/spelling"
)

func ExampleNearest() {
	fields := []string{"channel", "template", "priority", "expires"}
	fmt.Printf("%q\n", spelling.Nearest("tmplate", fields))
	fmt.Printf("%q\n", spelling.Nearest("subject", fields))
	// Output:
	// "template"
	// ""
}

func ExampleInstead() {
	channels := []string{"email", "sms", "push"}
	fmt.Println("there is no channel emial; write", spelling.Instead("emial", channels))
	fmt.Println("there is no channel fax; write", spelling.Instead("fax", channels))
	// Output:
	// there is no channel emial; write email
	// there is no channel fax; write email, sms or push
}
