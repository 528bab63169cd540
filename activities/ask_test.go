package activities_test

import (
	"compress/gzip"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"

	"github.com/mixtapehq/mixtape/activities"
	"github.com/mixtapehq/mixtape/store"
)

const mark = "secret06h0vmark"

// secrets are those of a worker that has two.
func secrets(name string) (string, bool) {
	value, ok := map[string]string{"TOKEN": `to"ken`, "BROKEN": "a\r\nX-Evil: 1"}[name]
	return value, ok
}

func call(url string, change ...func(*store.Call)) store.Call {
	c := store.Call{
		ID: "c1", Method: "POST", Url: url, Headers: json.RawMessage(`{"Content-Type": "application/json"}`), Body: "{}", Mark: mark, TimeoutMs: 5000,
	}
	for _, f := range change {
		f(&c)
	}
	return c
}

func headers(text string) func(*store.Call) {
	return func(c *store.Call) { c.Headers = json.RawMessage(text) }
}

func serve(t *testing.T, fn http.HandlerFunc) string {
	t.Helper()
	s := httptest.NewServer(fn)
	t.Cleanup(s.Close)
	return s.URL
}

func TestACallAsksAsItSays(t *testing.T) {
	t.Parallel()
	var asked *http.Request
	var body []byte
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		asked = r.Clone(context.Background())
		body, _ = io.ReadAll(r.Body)
		_, _ = io.WriteString(w, `{"ok": true}`)
	})
	secret := mark + "TOKEN" + mark
	c := call(url+"/a?b=c", headers(`{"Content-Type": "application/json", "X-Token": "Bearer `+secret+`"}`), func(c *store.Call) { c.Body = `{"token": "` + secret + `"}` })
	got := activities.NewAsker(secrets, nil).Ask(t.Context(), c, true)
	if got.Status != 200 || string(got.Body) != `{"ok": true}` || got.Problem != "" {
		t.Errorf("the attempt is %+v", got)
	}
	if asked.Method != "POST" || asked.URL.String() != "/a?b=c" || string(body) != `{"token": "to\"ken"}` {
		t.Errorf("asked %s %s with %s", asked.Method, asked.URL, body)
	}
	for name, want := range map[string]string{
		"Idempotency-Key": "c1", "X-Token": `Bearer to"ken`, "Content-Type": "application/json", "Accept": "application/json", "Cookie": "",
	} {
		if got := asked.Header.Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
}

func TestAnAttemptFails(t *testing.T) {
	t.Parallel()
	var reached atomic.Int64
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		reached.Add(1)
		_, _ = io.Copy(io.Discard, r.Body) // only then a server sees who hangs up
		switch r.URL.Path {
		case "/elsewhere":
			http.Redirect(w, r, "/ok", http.StatusFound)
		case "/large":
			_, _ = io.WriteString(w, `"`+strings.Repeat("x", activities.MaxAnswer)+`"`)
		case "/bomb":
			w.Header().Set("Content-Encoding", "gzip")
			z := gzip.NewWriter(w)
			_, _ = z.Write(make([]byte, 16*activities.MaxAnswer))
			_ = z.Close()
		case "/cut":
			w.Header().Set("Content-Length", "100")
			_, _ = io.WriteString(w, "{")
		case "/slow":
			<-r.Context().Done()
		case "/busy":
			w.Header().Set("Retry-After", "7")
			w.WriteHeader(http.StatusTooManyRequests)
		default:
			_, _ = io.WriteString(w, "{}")
		}
	})
	unheard, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed := "http://" + unheard.Addr().String()
	_ = unheard.Close()
	for name, c := range map[string]struct {
		call    store.Call
		public  bool // the own network is not allowed
		problem string
		status  int
		final   bool
	}{
		"it is sent elsewhere":         {call: call(url + "/elsewhere"), status: 302},
		"it says too much":             {call: call(url + "/large"), status: 200, problem: activities.TooLarge, final: true},
		"it swells":                    {call: call(url + "/bomb"), status: 200, problem: activities.TooLarge, final: true},
		"it breaks off":                {call: call(url + "/cut"), status: 200, problem: activities.NoAnswer},
		"it says nothing":              {call: call(url+"/slow", func(c *store.Call) { c.TimeoutMs = 50 }), problem: activities.NoAnswer},
		"nobody is there":              {call: call(closed), problem: activities.NoAnswer},
		"it is busy":                   {call: call(url + "/busy"), status: 429},
		"it is of the own network":     {call: call(url), public: true, problem: activities.PrivateAddress, final: true},
		"and has a name":               {call: call(strings.Replace(url, "127.0.0.1", "localhost", 1)), public: true, problem: activities.PrivateAddress, final: true},
		"or hides in version 6":        {call: call(strings.Replace(url, "127.0.0.1", "[::ffff:127.0.0.1]", 1)), public: true, problem: activities.PrivateAddress, final: true},
		"it is the cloud's own":        {call: call("http://169.254.169.254/latest/meta-data"), public: true, problem: activities.PrivateAddress, final: true},
		"it is no URL":                 {call: call("://"), problem: activities.BadRequest, final: true},
		"it is a file":                 {call: call("file:///etc/passwd"), problem: activities.BadRequest, final: true},
		"it has no host":               {call: call("https:///x"), problem: activities.BadRequest, final: true},
		"its method is none":           {call: call(url, func(c *store.Call) { c.Method = "GET /x" }), problem: activities.BadRequest, final: true},
		"a header would begin another": {call: call(url, headers(`{"X-A": "b\r\nX-Evil: 1"}`)), problem: activities.BadRequest, final: true},
		"by its name":                  {call: call(url, headers(`{"X-A: b\r\nX-Evil": "1"}`)), problem: activities.BadRequest, final: true},
		"by a secret":                  {call: call(url, headers(`{"X-A": "`+mark+"BROKEN"+mark+`"}`)), problem: activities.BadRequest, final: true},
		"a secret is missing":          {call: call(url + "/" + mark + "NONE" + mark), problem: activities.MissingSecret, final: true},
		"a secret was worked on":       {call: call(url, func(c *store.Call) { c.Body = `"` + strings.ToUpper(mark+"TOKEN"+mark) + `"` }), problem: activities.BadRequest, final: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := activities.NewAsker(secrets, nil).Ask(t.Context(), c.call, !c.public)
			if got.Problem != c.problem || got.Status != c.status || got.Final != c.final {
				t.Errorf("got %q, %d, final %v; want %q, %d, %v", got.Problem, got.Status, got.Final, c.problem, c.status, c.final)
			}
			if c.status == 429 && got.RetryAfter != 7*time.Second {
				t.Errorf("it wants to be left alone for %s", got.RetryAfter)
			}
		})
	}
	t.Cleanup(func() {
		if n := reached.Load(); n != 6 {
			t.Errorf("the service was reached %d times, want 6: once by each that may", n)
		}
	})
}

// A name that first means an address of the internet, and then one of the own network, gets nowhere.
func TestAnAddressIsLookedAtEachTime(t *testing.T) {
	t.Parallel()
	var reached atomic.Bool
	url := serve(t, func(http.ResponseWriter, *http.Request) { reached.Store(true) })
	_, port, err := net.SplitHostPort(strings.TrimPrefix(url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	var asked atomic.Int64
	resolver := resolver(t, func() [4]byte {
		if asked.Add(1) == 1 {
			return [4]byte{8, 8, 8, 8}
		}
		return [4]byte{127, 0, 0, 1}
	})
	asker := activities.NewAsker(secrets, resolver)
	c := call("http://changes.example.:"+port, func(c *store.Call) { c.TimeoutMs = 100 })
	if got := asker.Ask(t.Context(), c, false); got.Problem != activities.NoAnswer {
		t.Errorf("the address of the internet: %+v", got)
	}
	c.TimeoutMs = 5000
	if got := asker.Ask(t.Context(), c, false); got.Problem != activities.PrivateAddress {
		t.Errorf("the address of the own network: %+v", got)
	}
	if reached.Load() {
		t.Error("the own network was reached")
	}
}

// resolver answers every question for an address of version 4 with what next says.
func resolver(t *testing.T, next func() [4]byte) *net.Resolver {
	t.Helper()
	socket, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = socket.Close() })
	go func() {
		buffer := make([]byte, 1500)
		for {
			n, from, err := socket.ReadFrom(buffer)
			if err != nil {
				return
			}
			var m dnsmessage.Message
			if m.Unpack(buffer[:n]) != nil || len(m.Questions) != 1 {
				continue
			}
			q := m.Questions[0]
			m.Response, m.Additionals = true, nil
			if q.Type == dnsmessage.TypeA {
				m.Answers = []dnsmessage.Resource{{
					Header: dnsmessage.ResourceHeader{Name: q.Name, Class: q.Class}, Body: &dnsmessage.AResource{A: next()},
				}}
			}
			if reply, err := m.Pack(); err == nil {
				_, _ = socket.WriteTo(reply, from)
			}
		}
	}()
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "udp", socket.LocalAddr().String())
	}}
}
