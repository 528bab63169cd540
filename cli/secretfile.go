package cli

import (
	"fmt"
	"os"
	"strings"

	"github.com/alecthomas/kong"
)

// secretTag marks flags whose value is a secret, or holds one: where NAME is such a flag's variable, the
// variable NAME_FILE names a file that holds the value, as orchestrators mount secrets.
const secretTag = "secret"

// secretFiles reads the values of such flags that are set neither here nor in the environment.
func secretFiles() kong.Resolver {
	return kong.ResolverFunc(func(_ *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
		if !flag.Tag.Has(secretTag) {
			return nil, nil //nolint:nilnil // the parser's word for "I know nothing of it"
		}
		for _, name := range flag.Envs {
			path := os.Getenv(name + "_FILE")
			if _, set := os.LookupEnv(name); set || path == "" {
				continue
			}
			raw, err := os.ReadFile(path) //nolint:gosec // the operator names it
			if err != nil {
				return nil, fmt.Errorf("%s_FILE: %w", name, err)
			}
			return strings.TrimRight(string(raw), "\r\n"), nil
		}
		return nil, nil //nolint:nilnil // as above
	})
}
