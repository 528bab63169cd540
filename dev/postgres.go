package dev

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

const (
	postgresUser     = "mixtape" // superuser of the local cluster
	postgresDatabase = "mixtape"

	startAttempts      = 3 // another process may take the free port before the server listens on it
	postgresPatience   = time.Minute
	postgresStopWithin = 10 * time.Second
)

// postgres is a cluster of our own, running.
type postgres struct {
	*child
	url    string
	onStop syscall.Signal
}

func (p *postgres) close() { p.stop(p.onStop, postgresStopWithin) }

// startPostgres runs a cluster in a folder, making it first if need be.
func startPostgres(ctx context.Context, folder string, forTests bool, say printer) (*postgres, error) {
	as, err := postgresIdentity(folder)
	if err != nil {
		return nil, err
	}
	c := cluster{folder: as.folder, as: as, forTests: forTests}
	if c.tools, err = findPostgres(c.version()); err != nil {
		return nil, err
	}
	if err := c.make(ctx, say); err != nil {
		return nil, err
	}
	if err := c.clearStalePid(); err != nil {
		return nil, err
	}
	for attempt := 1; ; attempt++ {
		p, err := c.start(ctx)
		if err == nil || attempt == startAttempts || ctx.Err() != nil {
			return p, err
		}
	}
}

// cluster is a Postgres data folder with what is needed to run it: data/, password and postgres.log.
type cluster struct {
	folder   string
	as       identity
	tools    postgresTools
	forTests bool
}

func (c cluster) data() string     { return filepath.Join(c.folder, "data") }
func (c cluster) password() string { return filepath.Join(c.folder, "password") }
func (c cluster) log() string      { return filepath.Join(c.folder, "postgres.log") }

// version is the major version that made the data; empty when there is none yet.
func (c cluster) version() string {
	text, err := os.ReadFile(filepath.Join(c.data(), "PG_VERSION"))
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(text))
}

// make runs initdb beside the final place and renames, so that a start that dies half-way leaves nothing that looks
// finished.
func (c cluster) make(ctx context.Context, say printer) error {
	if c.version() != "" {
		return nil
	}
	say("making a Postgres %s cluster in %s", c.tools.major, c.folder)
	unfinished := c.data() + ".unfinished"
	if err := os.RemoveAll(unfinished); err != nil {
		return fmt.Errorf("clear an unfinished Postgres cluster: %w", err)
	}
	if err := os.WriteFile(c.password(), []byte(rand.Text()+"\n"), 0o600); err != nil {
		return fmt.Errorf("write the database password: %w", err)
	}
	if err := c.as.own(c.password()); err != nil {
		return err
	}
	arguments := []string{
		"--pgdata=" + unfinished, "--username=" + postgresUser, "--pwfile=" + c.password(),
		"--auth=scram-sha-256", "--encoding=UTF8", "--locale=" + locale(),
	}
	if c.forTests {
		arguments = append(arguments, "--no-sync")
	}
	cmd := exec.CommandContext(ctx, c.tools.path("initdb"), arguments...)
	c.as.apply(cmd)
	if output, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("make a Postgres cluster in %s: %w\n%s", c.folder, err, indent(strings.Split(strings.TrimSpace(string(output)), "\n")))
	}
	if err := os.Rename(unfinished, c.data()); err != nil {
		return fmt.Errorf("finish the Postgres cluster: %w", err)
	}
	return nil
}

// locale is one that exists everywhere and knows letters beyond ASCII where the system can.
func locale() string {
	if runtime.GOOS == "linux" {
		return "C.UTF-8"
	}
	return "C"
}

func (c cluster) start(ctx context.Context) (*postgres, error) {
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	password, err := os.ReadFile(c.password())
	if err != nil {
		return nil, fmt.Errorf("read the database password (--fresh makes a new database): %w", err)
	}
	log, err := os.Create(c.log())
	if err != nil {
		return nil, fmt.Errorf("open the log of Postgres: %w", err)
	}
	defer log.Close()
	cmd := exec.Command(c.tools.path("postgres"), c.arguments(port)...)
	cmd.Stdout, cmd.Stderr = log, log
	c.as.apply(cmd)
	// SIGQUIT is Postgres's "at once": nothing committed is lost, and no backend stays behind as after SIGKILL.
	server, err := startChild("Postgres", c.log(), cmd, syscall.SIGQUIT)
	if err != nil {
		return nil, err
	}
	p := &postgres{child: server, onStop: syscall.SIGINT}
	if c.forTests {
		p.onStop = syscall.SIGQUIT // nobody will read this data again
	}
	address := url.URL{
		Scheme: "postgres", User: url.UserPassword(postgresUser, strings.TrimSpace(string(password))),
		Host: net.JoinHostPort(loopback, strconv.Itoa(port)), Path: "/postgres", RawQuery: "sslmode=disable",
	}
	if err := p.await(ctx, address.String()); err != nil {
		p.close()
		return nil, err
	}
	address.Path = "/" + postgresDatabase
	p.url = address.String()
	return p, nil
}

func (c cluster) arguments(port int) []string {
	settings := []string{
		"listen_addresses=" + loopback,
		"port=" + strconv.Itoa(port),
		"unix_socket_directories=",
		"max_connections=200",
		"shared_buffers=256MB",
		"max_wal_size=2GB",
		"log_min_messages=warning",
		"timezone=UTC",
	}
	if c.forTests {
		settings = append(settings,
			"max_connections=400", "fsync=off", "synchronous_commit=off", "full_page_writes=off", "checkpoint_timeout=30min")
	}
	arguments := []string{"-D", c.data()}
	for _, setting := range settings {
		arguments = append(arguments, "-c", setting)
	}
	return arguments
}

// await returns once the server takes connections and our database exists. After a kill it first repeats its log.
func (p *postgres) await(ctx context.Context, admin string) error {
	ctx, cancel := context.WithTimeout(ctx, postgresPatience)
	defer cancel()
	for {
		err := createDatabase(ctx, admin, postgresDatabase)
		if err == nil {
			return nil
		}
		select {
		case <-p.exited:
			return p.death()
		case <-ctx.Done():
			return fmt.Errorf("Postgres takes no connections: %w\n%s", err, indent(tail(p.log, 12)))
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func createDatabase(ctx context.Context, admin, name string) error {
	connection, err := pgx.Connect(ctx, admin)
	if err != nil {
		return err
	}
	defer connection.Close(context.WithoutCancel(ctx))
	_, err = connection.Exec(ctx, "CREATE DATABASE "+pgx.Identifier{name}.Sanitize())
	var refused *pgconn.PgError
	if errors.As(err, &refused) && refused.Code == "42P04" { // duplicate_database
		return nil
	}
	return err
}

func freePort() (int, error) {
	listener, err := net.Listen("tcp", net.JoinHostPort(loopback, "0"))
	if err != nil {
		return 0, fmt.Errorf("find a free port: %w", err)
	}
	defer listener.Close()
	return listener.Addr().(*net.TCPAddr).Port, nil
}
