// Package examples holds workspaces to copy. They are in the binary, so that the demo runs anywhere.
package examples

import (
	"embed"
	"io/fs"
)

//go:embed all:onboarding
var files embed.FS

// Onboarding is the workspace that the demo runs.
func Onboarding() fs.FS {
	sub, err := fs.Sub(files, "onboarding")
	if err != nil {
		panic(err) // the folder is embedded above
	}
	return sub
}
