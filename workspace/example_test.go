package workspace_test

import (
	"fmt"
	"testing/fstest"

	"github.com/mixtapehq/mixtape/workspace"
)

// A workspace is read from any file system; os.DirFS and the like, or files in memory.
func ExampleLoadFS() {
	files := fstest.MapFS{
		"workspace.yaml": {Data: []byte("name: acme\ntimezone: Europe/Paris\nattributes: { first_name: string }\n")},
		"journeys/hello.yaml": {Data: []byte(`journey: hello
entry: { event: signed_up }
steps:
  - { id: welcome, send: { channel: email, template: welcome } }
`)},
		"templates/welcome.email.liquid": {Data: []byte("---\nsubject: \"Hello, {{ user.frist_name }}\"\n---\nWelcome.\n")},
	}
	_, problems := workspace.LoadFS(files)
	for _, p := range problems {
		fmt.Println(p)
	}

	files["templates/welcome.email.liquid"].Data = []byte("---\nsubject: \"Hello, {{ user.first_name }}\"\n---\nWelcome.\n")
	w, problems := workspace.LoadFS(files)
	v := w.Versions()[0]
	fmt.Println(len(problems), v.Journey, v.Version, len(v.Templates))
	// Output:
	// templates/welcome.email.liquid:2:21: the attribute frist_name is not declared; write user.first_name
	// 0 hello 3b6bf41dd835c410 1
}
