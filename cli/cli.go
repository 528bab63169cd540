// Package cli is the `mixtape` command: one file a subcommand.
//
// Every command exits 0 when all is good, 1 when it ran and the answer is no, and 2 when it could
// not run.
package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/alecthomas/kong"
)

// The exit codes of every command.
const (
	Good        = 0
	Failed      = 1
	CouldNotRun = 2
)

// Commands are all commands with their flags.
type Commands struct {
	Dev        DevCommand        `cmd:"" group:"local" help:"Run everything on this machine: database, Temporal and its UI, an inbox, Mixtape itself."`
	Lint       LintCommand       `cmd:"" group:"write" help:"Say everything that is wrong with a workspace, all at once."`
	Test       TestCommand       `cmd:"" group:"write" help:"Play the cases of a workspace in virtual time: without a server, without waiting."`
	Simulate   SimulateCommand   `cmd:"" group:"write" help:"Tell one person's way through a journey, with the reason of every decision."`
	Apply      ApplyCommand      `cmd:"" group:"write" help:"Publish a workspace: its journeys hold for everybody who enters from then on."`
	Identify   IdentifyCommand   `cmd:"" group:"people" help:"Say what is known of a person."`
	Track      TrackCommand      `cmd:"" group:"people" help:"Say that a person did something."`
	Import     ImportCommand     `cmd:"" group:"people" help:"Import people, what they did, consents, suppressions and who was in an experiment, from files of any length."`
	Enroll     EnrollCommand     `cmd:"" group:"people" help:"Let a person into a journey whose entry says api: true."`
	Enrolments EnrolmentsCommand `cmd:"" group:"operate" help:"Show how far the enrolments of many are; pause, resume or cancel one."`
	Preview    PreviewCommand    `cmd:"" group:"write" help:"Render a message for somebody, and say what is empty in it and why; send it to yourself."`
	Send       SendCommand       `cmd:"" group:"people" help:"Send one published template to one person, once for its key."`
	Explain    ExplainCommand    `cmd:"" group:"people" help:"Tell a person's story: what happened, what was decided, and why."`
	Count      CountCommand      `cmd:"" group:"people" help:"Count the people of whom a rule is true."`
	List       ListCommand       `cmd:"" group:"people" help:"List the people of whom a rule is true."`
	Erase      EraseCommand      `cmd:"" group:"people" help:"Erase a person: their ids, what is known of them, their journeys. It cannot be taken back."`
	Export     ExportCommand     `cmd:"" group:"people" help:"Write everything that is held about a person as JSON."`
	Segments   SegmentsCommand   `cmd:"" group:"people" help:"Show segments and how many people are in each, or who is in one."`
	Report     ReportCommand     `cmd:"" group:"operate" help:"Tell what a journey did and what that was worth: the funnel, the lift over the held-out, experiments."`
	Experiment ExperimentCommand `cmd:"" group:"write" help:"Plan an experiment, or end one by writing what everybody gets into the journey's file."`
	Train      TrainCommand      `cmd:"" group:"operate" help:"Learn anew, now, what people are going to do and when they answer. It is done once a day by itself."`
	Models     ModelsCommand     `cmd:"" group:"operate" help:"Show what was learned, how good it is, and whether it is used."`
	Runs       RunsCommand       `cmd:"" group:"operate" help:"Show where people are in journeys."`
	Pause      PauseCommand      `cmd:"" group:"operate" help:"Hold a journey, or everything. No run is lost."`
	Resume     ResumeCommand     `cmd:"" group:"operate" help:"Let what was paused, or stuck, go on."`
	Stop       StopCommand       `cmd:"" group:"operate" help:"End a run. What was not sent yet is not sent."`
	Mode       ModeCommand       `cmd:"" group:"operate" help:"Say whether messages leave: live, off, or all to one address."`
	Keys       KeysCommand       `cmd:"" group:"operate" help:"Make, list and revoke the keys of the API."`
	Worker     WorkerCommand     `cmd:"" group:"serve" help:"Serve: carry people through journeys and hand messages over."`
	Starter    StarterCommand    `cmd:"" group:"serve" help:"Serve: the HTTP API, and what turns events into runs."`
	Migrate    MigrateCommand    `cmd:"" group:"serve" help:"Bring the database and Temporal's search attributes up to date."`
	Prune      PruneCommand      `cmd:"" group:"serve" help:"Remove what is older than the workspace keeps it. Meant for once a day."`
	Bench      BenchCommand      `cmd:"" group:"local" help:"Make up what is measured on."`
	Health     HealthCommand     `cmd:"" group:"serve" help:"Ask whether a server is well, by the address of its health check."`
	Version    VersionCommand    `cmd:"" group:"local" help:"Print the version."`
}

// Streams are where a command reads and writes.
type Streams struct {
	Stdin          io.Reader
	Stdout, Stderr io.Writer
}

// Call is what a command runs with.
type Call struct {
	context.Context
	Streams
}

// New makes the parser of the command line.
func New(commands *Commands, s Streams, exit func(int)) (*kong.Kong, error) {
	return kong.New(commands,
		kong.Name("mixtape"),
		kong.Description("Mixtape carries people through journeys of messages: durable, explained, in files that you write."),
		kong.Writers(s.Stdout, s.Stderr),
		kong.Exit(exit),
		kong.Resolvers(secretFiles()),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, NoExpandSubcommands: true}),
		kong.ExplicitGroups([]kong.Group{
			{Key: "local", Title: "On this machine"},
			{Key: "write", Title: "Journeys"},
			{Key: "people", Title: "People"},
			{Key: "operate", Title: "Operate"},
			{Key: "serve", Title: "Serve"},
		}),
	)
}

// exited stops the parser where it would end the process, after help was printed.
type exited int

// Run runs the command line and returns its exit code.
func Run(ctx context.Context, arguments []string, s Streams) (code int) {
	defer func() {
		if e := recover(); e != nil {
			early, ok := e.(exited)
			if !ok {
				panic(e)
			}
			code = int(early)
		}
	}()
	parser, err := New(&Commands{}, s, func(code int) { panic(exited(code)) })
	if err != nil {
		return report(s.Stderr, err)
	}
	if len(arguments) == 0 {
		arguments = []string{"--help"}
	}
	chosen, err := parser.Parse(arguments)
	if err != nil {
		var wrong *kong.ParseError
		if errors.As(err, &wrong) && wrong.Context != nil {
			return report(s.Stderr, fmt.Errorf("%w\nsee: %s --help", err, wrong.Context.Model.Name+subcommand(wrong.Context)))
		}
		return report(s.Stderr, err)
	}
	if err := chosen.Run(&Call{Context: ctx, Streams: s}); err != nil {
		return report(s.Stderr, err)
	}
	return Good
}

func subcommand(c *kong.Context) (path string) {
	for _, p := range c.Path {
		if p.Command != nil {
			path += " " + p.Command.Name
		}
	}
	return path
}

// failure is a command's no, as against one that could not run.
type failure struct{ words string }

func (f *failure) Error() string { return f.words }

func failed(format string, args ...any) error { return &failure{fmt.Sprintf(format, args...)} }

// report says an error in plain words and returns the exit code that it means.
func report(w io.Writer, err error) int {
	if words := err.Error(); words != "" {
		fmt.Fprintf(w, "mixtape: %s\n", words)
	}
	var no *failure
	if errors.As(err, &no) {
		return Failed
	}
	return CouldNotRun
}

// printJSON writes data for other programs.
func (c *Call) printJSON(data any) error {
	e := json.NewEncoder(c.Stdout)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(data)
}

func (c *Call) printf(format string, args ...any) { fmt.Fprintf(c.Stdout, format, args...) }

// interactive tells whether somebody sits at the input.
func (c *Call) interactive() bool {
	f, ok := c.Stdin.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
