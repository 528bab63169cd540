package cli_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/mixtapehq/mixtape/cli"
)

// asked is a request as the API saw it.
type asked struct {
	Request string // METHOD PATH
	Key     string
	Body    map[string]any
}

// server answers as it is told and remembers what it was asked.
type server struct {
	URL string

	mu      sync.Mutex
	answers map[string][]string // by METHOD PATH: "STATUS BODY", the last repeats
	asked   []asked
}

func serve(t *testing.T, answers map[string][]string) *server {
	t.Helper()
	s := &server{answers: answers}
	hosted := httptest.NewServer(s)
	t.Cleanup(hosted.Close)
	s.URL = hosted.URL
	return s
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := asked{Request: r.Method + " " + r.URL.RequestURI()}
	if user, _, ok := r.BasicAuth(); ok {
		a.Key = "basic " + user
	} else {
		a.Key = r.Header.Get("Authorization")
	}
	if raw, err := io.ReadAll(r.Body); err == nil && len(raw) > 0 {
		if err := json.Unmarshal(raw, &a.Body); err != nil {
			a.Body = map[string]any{"not JSON": string(raw)}
		}
		for _, id := range []string{"messageId", "idempotency_key"} {
			if text, ok := a.Body[id].(string); ok && len(text) == 36 {
				a.Body[id] = "an id"
			}
		}
	}
	s.asked = append(s.asked, a)
	all, ok := s.answers[a.Request]
	if !ok {
		w.WriteHeader(http.StatusNotFound)
		_, _ = io.WriteString(w, `{"detail":"not known here"}`)
		return
	}
	if len(all) > 1 {
		s.answers[a.Request] = all[1:]
	}
	status, body, _ := strings.Cut(all[0], " ")
	codes := map[string]int{"200": 200, "201": 201, "204": 204, "302": 302, "400": 400, "401": 401, "409": 409, "422": 422, "503": 503}
	w.Header().Set("Location", "/elsewhere")
	w.WriteHeader(codes[status])
	_, _ = io.WriteString(w, body)
}

// result is what became of a command.
type result struct {
	Code     int
	Out, Err string
}

// mixtape runs a command line.
func mixtape(t *testing.T, arguments ...string) result {
	t.Helper()
	var out, err bytes.Buffer
	code := cli.Run(t.Context(), arguments, cli.Streams{Stdin: strings.NewReader(""), Stdout: &out, Stderr: &err})
	return result{Code: code, Out: out.String(), Err: err.String()}
}

// at adds where the API is, and keys.
func (s *server) at(arguments ...string) []string {
	return append(arguments, "--url", s.URL, "--admin-key", "the-admin-key", "--write-key", "the-write-key")
}
