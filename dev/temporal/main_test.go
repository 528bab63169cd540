package main

import (
	"context"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// That the server runs workflows is tested by package dev, through the built program.

func TestArguments(t *testing.T) {
	t.Setenv("MIXTAPE_DATABASE_URL", "")
	if _, err := parse(nil); err == nil || !strings.Contains(err.Error(), "postgres://") {
		t.Errorf("without a database: %v", err)
	}
	t.Setenv("MIXTAPE_DATABASE_URL", "postgres://a:b@127.0.0.1:1/c")
	o, err := parse([]string{"-shards=8", "-ui", "-namespace=n"})
	if err != nil || o.shards != 8 || !o.ui || o.namespace != "n" || o.postgres != "postgres://a:b@127.0.0.1:1/c" {
		t.Errorf("%+v, %v", o, err)
	}
}

func TestPortsDiffer(t *testing.T) {
	p, err := choosePorts(options{port: 7233})
	if err != nil {
		t.Fatal(err)
	}
	seen := map[int]bool{p.frontend: true, p.history: true, p.matching: true, p.worker: true, p.ui: true, 0: true}
	if p.frontend != 7233 || len(seen) != 6 {
		t.Errorf("%+v", p)
	}
}

func TestConnectionOfAnAwkwardURL(t *testing.T) {
	const address = "postgres://a%40b:p%2Fw%20%3A@[::1]:6543/x?sslmode=disable&application_name=dev"
	parsed, err := pgx.ParseConfig(address)
	if err != nil {
		t.Fatal(err)
	}
	got := connection(parsed, address, mainDatabase, 3)
	if got.User != "a@b" || got.Password != "p/w :" || got.ConnectAddr != "[::1]:6543" || got.DatabaseName != "temporal" ||
		got.ConnectAttributes["sslmode"] != "disable" || got.ConnectAttributes["application_name"] != "dev" || got.MaxConns != 3 {
		t.Errorf("%+v", got)
	}
}

func TestEndsWithItsParent(t *testing.T) {
	reader, writer := io.Pipe()
	ctx := untilClosed(t.Context(), reader)
	if ctx.Err() != nil {
		t.Error("it ended before the parent did")
	}
	writer.Close()
	select {
	case <-ctx.Done():
	case <-time.After(10 * time.Second):
		t.Error("it did not end with its parent")
	}
}

func TestGivesUpInTime(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	if err := run(ctx, options{postgres: "postgres://a@127.0.0.1:1/c"}, io.Discard); err == nil || !strings.Contains(err.Error(), "connect to Postgres") {
		t.Errorf("got %v", err)
	}
}
