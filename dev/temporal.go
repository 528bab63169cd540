package dev

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"time"
)

const (
	temporalPatience   = 2 * time.Minute
	temporalStopWithin = 5 * time.Second
)

// temporalSettings is what a Temporal of ours is started with.
type temporalSettings struct {
	folder      string
	databaseURL string
	namespace   string
	ui          bool
}

// temporalServer is a Temporal of our own, running.
type temporalServer struct {
	*child
	address string
	ui      string
	stdin   io.Closer // its end tells the server that we are gone, also where the kernel does not
}

func (t *temporalServer) close() {
	_ = t.stdin.Close()
	t.stop(syscall.SIGTERM, temporalStopWithin)
}

// temporalProgram is one of the two programs that can be our Temporal.
type temporalProgram struct {
	path     string
	official bool // Temporal's own command line tool instead of our program
}

// start runs the program until a workflow can be run in its namespace.
func (p temporalProgram) start(ctx context.Context, settings temporalSettings) (*temporalServer, error) {
	for attempt := 1; ; attempt++ {
		var server *temporalServer
		var err error
		if p.official {
			server, err = p.startOfficial(ctx, settings)
		} else {
			server, err = p.startOurs(ctx, settings)
		}
		if err == nil || attempt == startAttempts || ctx.Err() != nil {
			return server, err
		}
	}
}

// startOurs runs dev/temporal, which prints its addresses once it is usable.
func (p temporalProgram) startOurs(ctx context.Context, settings temporalSettings) (*temporalServer, error) {
	cmd := exec.Command(p.path, "-with-parent", "-namespace="+settings.namespace, "-ui="+strconv.FormatBool(settings.ui))
	cmd.Env = append(os.Environ(), DatabaseVariable+"="+settings.databaseURL) // not an argument: those are public
	if os.Getenv("GOGC") == "" {
		cmd.Env = append(cmd.Env, "GOGC=400") // its heap is small beside what collecting it so often costs
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("start Temporal: %w", err)
	}
	server, err := runTemporal(cmd, settings.folder)
	if err != nil {
		return nil, err
	}
	lines := make(chan []byte, 1)
	go func() {
		line, _ := bufio.NewReader(stdout).ReadBytes('\n') // an early end shows as a line that is no JSON
		lines <- line
	}()
	select {
	case line := <-lines:
		var ready struct{ Frontend, UI string }
		if err := json.Unmarshal(line, &ready); err != nil {
			server.close()
			return nil, server.death()
		}
		server.address, server.ui = ready.Frontend, ready.UI
		return server, nil
	case <-ctx.Done():
		server.close()
		return nil, fmt.Errorf("start Temporal: %w", context.Cause(ctx))
	case <-time.After(temporalPatience):
		server.close()
		return nil, fmt.Errorf("Temporal is not usable after %s\n%s", temporalPatience, indent(tail(server.log, 12)))
	}
}

// startOfficial runs `temporal server start-dev`. It keeps its data in SQLite, which is slower, and has a web UI of its own.
func (p temporalProgram) startOfficial(ctx context.Context, settings temporalSettings) (*temporalServer, error) {
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	uiPort, err := freePort()
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(p.path, officialArguments(settings, port, uiPort)...)
	server, err := runTemporal(cmd, settings.folder)
	if err != nil {
		return nil, err
	}
	server.address = net.JoinHostPort(loopback, strconv.Itoa(port))
	if settings.ui {
		server.ui = "http://" + net.JoinHostPort(loopback, strconv.Itoa(uiPort))
	}
	if err := awaitNamespace(ctx, server, settings.namespace); err != nil {
		server.close()
		return nil, err
	}
	return server, nil
}

func officialArguments(settings temporalSettings, port, uiPort int) []string {
	arguments := []string{
		"server", "start-dev", "--ip", loopback, "--port", strconv.Itoa(port),
		"--namespace", settings.namespace,
		"--db-filename", filepath.Join(settings.folder, "temporal.db"),
		"--dynamic-config-value", "matching.enableFairness=true",
		"--log-level", "warn",
	}
	if settings.ui {
		arguments = append(arguments, "--ui-ip", loopback, "--ui-port", strconv.Itoa(uiPort))
	} else {
		arguments = append(arguments, "--headless")
	}
	for _, keyword := range []string{"JourneyKey", "JourneyVersion", "JourneyStep", "JourneyState", "ProfileID"} {
		arguments = append(arguments, "--search-attribute", keyword+"=Keyword")
	}
	return append(arguments, "--search-attribute", "NextWakeAt=Datetime")
}

func runTemporal(cmd *exec.Cmd, folder string) (*temporalServer, error) {
	path := filepath.Join(folder, "temporal.log")
	log, err := os.Create(path)
	if err != nil {
		return nil, fmt.Errorf("open the log of Temporal: %w", err)
	}
	defer log.Close()
	cmd.Stderr = log
	if cmd.Stdout == nil {
		cmd.Stdout = log
	}
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("start Temporal: %w", err)
	}
	server, err := startChild("Temporal", path, cmd, syscall.SIGKILL) // its state is Postgres's
	if err != nil {
		return nil, err
	}
	return &temporalServer{child: server, stdin: stdin}, nil
}
