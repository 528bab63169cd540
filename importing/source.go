// Package importing brings files of people, and of what they did, into a deployment's database: any number of
// rows, by the rules of the tracking API, and such that a file which broke off goes on where it was.
package importing

import (
	"bufio"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// Source is a file that can be read from its start as often as one likes.
type Source struct {
	Name   string
	Format string // csv or jsonl

	path  string
	spool bool // it was standard input, and is removed
}

// The formats.
const (
	CSV   = "csv"
	JSONL = "jsonl"
)

// OpenSource finds a file; - is standard input, which is kept in a file of its own until Close. format may be
// empty where the name says it.
func OpenSource(path, format string, stdin io.Reader) (*Source, error) {
	s := &Source{Name: filepath.Base(path), Format: format, path: path}
	if path == "-" {
		s.Name = "stdin"
	}
	if s.Format == "" {
		s.Format = formatOf(s.Name)
	}
	if s.Format != CSV && s.Format != JSONL {
		return nil, fmt.Errorf("%s: it cannot be told whether it is CSV or JSON lines; write --format csv or --format jsonl", s.Name)
	}
	if path != "-" {
		_, err := os.Stat(path)
		return s, err
	}
	file, err := os.CreateTemp("", "mixtape-import-")
	if err != nil {
		return nil, err
	}
	s.path, s.spool = file.Name(), true
	_, err = io.Copy(file, stdin)
	if err = errors.Join(err, file.Close()); err != nil {
		s.Close()
		return nil, fmt.Errorf("standard input: %w", err)
	}
	return s, nil
}

func formatOf(name string) string {
	switch filepath.Ext(strings.TrimSuffix(strings.ToLower(name), ".gz")) {
	case ".csv", ".tsv":
		return CSV
	case ".jsonl", ".ndjson", ".json":
		return JSONL
	}
	return ""
}

// Close forgets what came by standard input.
func (s *Source) Close() {
	if s.spool {
		_ = os.Remove(s.path)
	}
}

// content is the file's, unpacked.
type content struct {
	io.Reader
	file *os.File
	zip  *gzip.Reader
}

func (s *Source) content() (*content, error) {
	file, err := os.Open(s.path)
	if err != nil {
		return nil, err
	}
	c := &content{file: file}
	packed := bufio.NewReaderSize(file, 1<<18)
	c.Reader = packed
	if magic, err := packed.Peek(2); err == nil && magic[0] == 0x1f && magic[1] == 0x8b {
		if c.zip, err = gzip.NewReader(packed); err != nil {
			_ = file.Close()
			return nil, fmt.Errorf("%s: it is not gzip after all: %w", s.Name, err)
		}
		c.Reader = c.zip
	}
	return c, nil
}

func (c *content) Close() { _ = c.file.Close() }
