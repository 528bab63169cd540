package cli

import (
	"runtime"
	"runtime/debug"
)

// VersionCommand prints which release this is.
type VersionCommand struct{}

// Run prints.
func (VersionCommand) Run(c *Call) error {
	c.printf("mixtape %s (%s)\n", version(), runtime.Version())
	return nil
}

// version is what this program was built from.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "development"
	}
	if v := info.Main.Version; v != "" && v != "(devel)" {
		return v
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			return short(s.Value)
		}
	}
	return "development"
}
