package dev_test

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/operatorservice/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// The environment of the programs below.
const (
	fakeRecord = "FAKE_RECORD" // file that they write to what happened, a line of JSON each
	fakeDies   = "FAKE_DIES"   // what they say before they die at once
)

// happened is a line of the record.
type happened struct {
	Program, What string
	Args          []string          `json:",omitempty"`
	Env           map[string]string `json:",omitempty"`
}

// TestMain makes the test binary, under other names, the programs that a stack outside a checkout
// finds: `temporal`, and `go`.
func TestMain(m *testing.M) {
	program, _, _ := strings.Cut(filepath.Base(os.Args[0]), "-") // ours is kept as temporal-VERSION
	switch program {
	case "temporal", "go":
	default:
		os.Exit(m.Run())
	}
	f := fake{program: program}
	f.record("started", os.Args[1:])
	var err error
	switch dies := os.Getenv(fakeDies); {
	case dies != "":
		err = fmt.Errorf("%s", dies)
	case program == "go":
		err = f.install()
	case os.Args[1] == "server":
		err = f.official(os.Args[1:])
	default:
		err = f.ours(os.Args[1:])
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "Error:", err)
		os.Exit(1)
	}
}

type fake struct{ program string }

func (f fake) record(what string, args []string) {
	line, err := json.Marshal(happened{Program: f.program, What: what, Args: args, Env: map[string]string{
		"GOWORK": os.Getenv("GOWORK"), "MIXTAPE_DATABASE_URL": os.Getenv("MIXTAPE_DATABASE_URL"),
	}})
	if err != nil {
		panic(err)
	}
	file, err := os.OpenFile(os.Getenv(fakeRecord), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		panic(err)
	}
	defer file.Close()
	if _, err := file.Write(append(line, '\n')); err != nil {
		panic(err)
	}
}

// several are the values of a flag that may be given more than once.
type several []string

func (s *several) String() string     { return strings.Join(*s, " ") }
func (s *several) Set(v string) error { *s = append(*s, v); return nil }

// official is Temporal's own command line tool, as far as https://docs.temporal.io/cli/server tells:
// `server start-dev` with these flags. It is usable some time after it answers.
func (f fake) official(args []string) error {
	if !slices.Equal(args[:2], []string{"server", "start-dev"}) {
		return fmt.Errorf("unknown command %q", args[:2])
	}
	flags := flag.NewFlagSet("temporal", flag.ContinueOnError)
	ip, port := flags.String("ip", "localhost", ""), flags.Int("port", 7233, "")
	for _, name := range []string{"db-filename", "ui-ip", "ui-port", "log-level"} {
		flags.String(name, "", "")
	}
	headless := flags.Bool("headless", false, "")
	var namespaces, dynamic, attributes several
	flags.Var(&namespaces, "namespace", "")
	flags.Var(&dynamic, "dynamic-config-value", "")
	flags.Var(&attributes, "search-attribute", "")
	if err := flags.Parse(args[2:]); err != nil || flags.NArg() > 0 || *headless {
		return fmt.Errorf("%w, and %q is left", err, flags.Args())
	}
	for _, pair := range dynamic {
		if _, value, ok := strings.Cut(pair, "="); !ok || !json.Valid([]byte(value)) {
			return fmt.Errorf("invalid dynamic config value %q", pair)
		}
	}
	answers := &operator{fake: f, namespaces: append(namespaces, "default"), attributes: map[string]enums.IndexedValueType{}}
	for _, pair := range attributes {
		name, kind, _ := strings.Cut(pair, "=")
		number, ok := enums.IndexedValueType_shorthandValue[kind]
		if !ok {
			return fmt.Errorf("invalid search attribute value type %q", kind)
		}
		answers.attributes[name] = enums.IndexedValueType(number)
	}
	listener, err := net.Listen("tcp", fmt.Sprintf("%s:%d", *ip, *port))
	if err != nil {
		return err
	}
	server := grpc.NewServer()
	operatorservice.RegisterOperatorServiceServer(server, answers)
	go func() { _ = server.Serve(listener) }()
	f.untilTold()
	return nil
}

// untilTold returns when the program is asked to end.
func (f fake) untilTold() {
	told := make(chan os.Signal, 1)
	signal.Notify(told, syscall.SIGTERM)
	<-told
	f.record("terminated", nil)
}

// operator knows its namespace with the third question, and its search attributes with the fifth.
type operator struct {
	operatorservice.UnimplementedOperatorServiceServer
	fake       fake
	asked      atomic.Int32
	namespaces []string
	attributes map[string]enums.IndexedValueType
}

func (o *operator) ListSearchAttributes(_ context.Context, r *operatorservice.ListSearchAttributesRequest) (*operatorservice.ListSearchAttributesResponse, error) {
	switch n := o.asked.Add(1); {
	case n < 3 || !slices.Contains(o.namespaces, r.Namespace):
		return nil, status.Error(codes.NotFound, "namespace "+r.Namespace+" is not found")
	case n < 5:
		return &operatorservice.ListSearchAttributesResponse{}, nil
	default:
		o.fake.record("usable", nil)
		return &operatorservice.ListSearchAttributesResponse{CustomAttributes: o.attributes}, nil
	}
}

// install is `go install`: it leaves our program in GOBIN.
func (f fake) install() error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	fmt.Fprintln(os.Stderr, "github.com/mixtapehq/mixtape/dev/temporal") // as -v does
	return os.Symlink(self, filepath.Join(os.Getenv("GOBIN"), "temporal"))
}

// ours is dev/temporal: it says where it is once it is usable, and ends with its parent.
func (f fake) ours(args []string) error {
	flags := flag.NewFlagSet("temporal", flag.ContinueOnError)
	flags.Bool("with-parent", false, "")
	flags.String("namespace", "", "")
	flags.Bool("ui", false, "")
	if err := flags.Parse(args); err != nil || flags.NArg() > 0 {
		return fmt.Errorf("%w, and %q is left", err, flags.Args())
	}
	fmt.Println(`{"Frontend":"127.0.0.1:7233","UI":"http://127.0.0.1:8233"}`)
	_, _ = io.Copy(io.Discard, os.Stdin)
	return nil
}
