package main_test

import (
	"bufio"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/alecthomas/kong"
	"github.com/compose-spec/compose-go/v2/loader"
	"github.com/compose-spec/compose-go/v2/types"

	"github.com/mixtapehq/mixtape/activities"
	"github.com/mixtapehq/mixtape/cli"
)

func read(t *testing.T, path string) string {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// compose loads docker-compose.yml as Docker's own command does.
func compose(t *testing.T) *types.Project {
	t.Helper()
	folder, err := filepath.Abs(".")
	if err != nil {
		t.Fatal(err)
	}
	project, err := loader.LoadWithContext(t.Context(), types.ConfigDetails{
		WorkingDir:  folder,
		ConfigFiles: []types.ConfigFile{{Filename: filepath.Join(folder, "docker-compose.yml")}},
		Environment: types.Mapping{"POSTGRES_PASSWORD": "secret", "MIXTAPE_LINK_KEYS": "a2V5"},
	})
	if err != nil {
		t.Fatal(err)
	}
	return project
}

func commandLine(t *testing.T) *kong.Kong {
	t.Helper()
	p, err := cli.New(&cli.Commands{}, cli.Streams{Stdin: strings.NewReader(""), Stdout: io.Discard, Stderr: io.Discard}, func(int) {})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// ours are the services that run this repository's image.
func ours(p *types.Project) map[string]types.ServiceConfig {
	all := map[string]types.ServiceConfig{}
	for name, s := range p.Services {
		if s.Build != nil {
			all[name] = s
		}
	}
	return all
}

func environment(s types.ServiceConfig) map[string]string {
	all := map[string]string{}
	for name, value := range s.Environment {
		if value != nil {
			all[name] = *value
		}
	}
	return all
}

// Each service's command line parses with its environment alone, and no variable of it means nothing.
func TestComposeCommandsAndEnvironment(t *testing.T) {
	for _, variable := range os.Environ() { // of whoever runs the test
		if name, _, _ := strings.Cut(variable, "="); strings.HasPrefix(name, "MIXTAPE_") {
			t.Setenv(name, "")
			if err := os.Unsetenv(name); err != nil {
				t.Fatal(err)
			}
		}
	}
	services := ours(compose(t))
	for _, wanted := range []string{"worker", "starter", "migrate"} {
		if _, ok := services[wanted]; !ok {
			t.Errorf("there is no service %s", wanted)
		}
	}
	for name, s := range services {
		t.Run(name, func(t *testing.T) {
			for variable, value := range environment(s) {
				t.Setenv(variable, value)
			}
			chosen, err := commandLine(t).Parse(s.Command)
			if err != nil {
				t.Fatalf("the command %v: %v", s.Command, err)
			}
			var known []string
			for _, f := range chosen.Flags() {
				known = append(known, f.Envs...)
			}
			for variable := range environment(s) {
				if !slices.Contains(known, variable) {
					t.Errorf("%s means nothing to the command %v, which knows %v", variable, s.Command, known)
				}
			}
		})
	}
}

// Health checks ask the port that the service listens on, by the command that the image has.
func TestHealthChecks(t *testing.T) {
	t.Parallel()
	for name, s := range compose(t).Services {
		once := s.Restart == "on-failure:10" // it works and ends
		if s.HealthCheck == nil || s.HealthCheck.Disable {
			if !once {
				t.Errorf("%s has no health check", name)
			}
			continue
		}
		if s.Build == nil {
			continue
		}
		test := s.HealthCheck.Test
		if test[0] != "CMD" || test[1] != binary(t) {
			t.Errorf("%s: the health check %v is not run by %s", name, test, binary(t))
			continue
		}
		health(t, test[2:], environment(s)["MIXTAPE_OPS_LISTEN"])
	}
	words := regexp.MustCompile(`"([^"]+)"`)
	for _, line := range instructions(t, "HEALTHCHECK") {
		var test []string
		for _, m := range words.FindAllStringSubmatch(line[strings.Index(line, "CMD"):], -1) {
			test = append(test, m[1])
		}
		if test[0] != binary(t) {
			t.Errorf("the image's health check runs %s", test[0])
		}
		health(t, test[1:], ":9090")
	}
}

func health(t *testing.T, command []string, listens string) {
	t.Helper()
	p := commandLine(t)
	chosen, err := p.Parse(command)
	if err != nil {
		t.Fatalf("the health check %v: %v", command, err)
	}
	if chosen.Command() != "health <url>" {
		t.Errorf("the health check %v is the command %s", command, chosen.Command())
	}
	address := command[len(command)-1]
	if !strings.HasPrefix(address, "http://127.0.0.1"+listens+"/") || !strings.HasSuffix(address, "/readyz") {
		t.Errorf("the health check asks %s, and the service listens on %s", address, listens)
	}
}

// instructions are the Dockerfile's lines of a kind.
func instructions(t *testing.T, kind string) []string {
	t.Helper()
	var all []string
	lines := bufio.NewScanner(strings.NewReader(read(t, "Dockerfile")))
	for lines.Scan() {
		if rest, ok := strings.CutPrefix(lines.Text(), kind+" "); ok {
			all = append(all, rest)
		}
	}
	if len(all) == 0 {
		t.Fatalf("the Dockerfile has no %s", kind)
	}
	return all
}

// binary is where the image has the command.
func binary(t *testing.T) string {
	t.Helper()
	return strings.Trim(instructions(t, "ENTRYPOINT")[0], `[]"`)
}

func TestDockerfile(t *testing.T) {
	t.Parallel()
	placed := false
	for _, line := range instructions(t, "COPY") {
		words := strings.Fields(line)
		from, into := words[:len(words)-1], words[len(words)-1]
		if strings.HasPrefix(from[0], "--from=") {
			placed = placed || into == binary(t)
			continue
		}
		for _, source := range from {
			if found, err := filepath.Glob(source); err != nil || len(found) == 0 {
				t.Errorf("COPY %s: there is no %s", line, source)
			}
		}
	}
	if !placed {
		t.Errorf("no COPY puts the binary at %s", binary(t))
	}
	built := regexp.MustCompile(`go build .*-o (\S+) (\S+)`).FindStringSubmatch(strings.Join(instructions(t, "RUN"), "\n"))
	if built == nil || built[2] != "." || !slices.Contains(instructions(t, "COPY"), "--from=build "+built[1]+" "+binary(t)) {
		t.Errorf("what is built (%v) is not what is copied to %s", built, binary(t))
	}
	if user := instructions(t, "USER"); user[len(user)-1] == "root" || strings.HasPrefix(user[len(user)-1], "0") {
		t.Errorf("the image runs as %s", user)
	}
	if _, err := commandLine(t).Parse([]string{"version"}); err != nil {
		t.Error(err)
	}
	ignored := strings.Fields(read(t, ".dockerignore"))
	for _, needed := range []string{"go.mod", "go.sum", "*.go", "**/*.go", "dev", "store"} {
		if slices.Contains(ignored, needed) {
			t.Errorf(".dockerignore leaves out %s", needed)
		}
	}
}

// The image's Go builds this module, and Temporal's images are those that dev/temporal is made of.
func TestVersions(t *testing.T) {
	t.Parallel()
	local := read(t, "dev/temporal/go.mod")
	required := func(module string) string {
		m := regexp.MustCompile(`(?m)^\s+` + regexp.QuoteMeta(module) + ` v(\S+)`).FindStringSubmatch(local)
		if m == nil {
			t.Fatalf("dev/temporal/go.mod does not require %s", module)
		}
		return m[1]
	}
	wanted := map[string]string{
		"temporalio/server":      required("go.temporal.io/server"),
		"temporalio/admin-tools": required("go.temporal.io/server"),
		"temporalio/ui":          required("github.com/temporalio/ui-server/v2"),
	}
	seen := map[string]bool{}
	for name, s := range compose(t).Services {
		image, tag, tagged := strings.Cut(s.Image, ":")
		if !tagged || tag == "latest" {
			t.Errorf("%s: the image %s has no fixed tag", name, s.Image)
		}
		if want, ok := wanted[image]; ok {
			seen[image] = true
			if tag != want {
				t.Errorf("%s: the image is %s, and dev/temporal uses %s", name, s.Image, want)
			}
		}
	}
	if len(seen) != len(wanted) {
		t.Errorf("of Temporal's images only %v are used, not all of %v", seen, wanted)
	}
	language := regexp.MustCompile(`(?m)^go (\d+\.\d+)`).FindStringSubmatch(read(t, "go.mod"))[1]
	if from := instructions(t, "FROM")[0]; !strings.HasPrefix(from, "golang:"+language+".") {
		t.Errorf("the image is built FROM %s, and go.mod wants Go %s", from, language)
	}
}

// A deploy lets deliveries under way finish, and nothing is open to the network but what is meant to be.
func TestComposeIsProductionShaped(t *testing.T) {
	t.Parallel()
	p := compose(t)
	worker := p.Services["worker"]
	if worker.StopGracePeriod == nil || time.Duration(*worker.StopGracePeriod) < activities.ProviderTimeout+20*time.Second {
		t.Errorf("the worker is killed after %v, and a provider may take %s", worker.StopGracePeriod, activities.ProviderTimeout)
	}
	for name, s := range p.Services {
		for _, port := range s.Ports {
			if port.HostIP != "127.0.0.1" {
				t.Errorf("%s: port %s is open to the network", name, port.Published)
			}
		}
		for _, v := range s.Volumes {
			if v.Type != types.VolumeTypeVolume {
				t.Errorf("%s: %s is no named volume", name, v.Source)
			}
		}
		for dependency := range s.DependsOn {
			if _, ok := p.Services[dependency]; !ok {
				t.Errorf("%s depends on %s, which is not there", name, dependency)
			}
		}
	}
	if !strings.Contains(p.Configs["temporal-dynamic"].Content, "matching.enableFairness:\n  - value: true") {
		t.Errorf("matching.enableFairness is not set: %q", p.Configs["temporal-dynamic"].Content)
	}
}
