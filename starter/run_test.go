package starter_test

import (
	"bytes"
	"context"
	"errors"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"github.com/mixtapehq/mixtape/dispatch"
	"github.com/mixtapehq/mixtape/starter"
	"github.com/mixtapehq/mixtape/store"
)

// told is a Temporal that only remembers.
type told struct{ starts chan string }

func (t *told) Start(_ context.Context, l store.Letter) error { t.starts <- l.RunID; return nil }
func (t *told) Wake(context.Context, store.Letter) error      { return nil }

func listen(t *testing.T) net.Listener {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestAProcessServesDispatchesAndStops(t *testing.T) {
	t.Parallel()
	d := withJourney(t, 0)
	temporal := &told{starts: make(chan string, 10)}
	metrics := prometheus.NewRegistry()
	metrics.MustRegister(prometheus.NewGauge(prometheus.GaugeOpts{Name: "mixtape_test"}))
	d.parts.Metrics = metrics
	p := &starter.Process{
		Parts: d.parts, API: listen(t), Ops: listen(t),
		Dispatcher: &dispatch.Dispatcher{Store: d.store, Handler: d.parts.Handler, Log: zap.NewNop(), Relay: d.parts.Relay},
		Relay:      &dispatch.Relay{Store: d.store, Temporal: temporal, Log: zap.NewNop()},
	}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	ended := make(chan error, 1)
	go func() { ended <- p.Run(ctx) }()

	d.url = "http://" + p.Ops.Addr().String()
	for path, says := range map[string]string{"/healthz": "ok", "/readyz": "ready", "/metrics": "mixtape_test"} {
		if got := d.send(d.request(http.MethodGet, path, "")); got.status != http.StatusOK || !strings.Contains(got.body, says) {
			t.Error(path, got)
		}
	}
	d.url = "http://" + p.API.Addr().String()
	if got := d.send(d.request(http.MethodGet, "/metrics", "")); got.status != http.StatusNotFound {
		t.Error("metrics are public:", got)
	}
	d.good("track", `{"userId": "ada", "event": "signed_up", "properties": {"plan": "free"}}`)
	select {
	case run := <-temporal.starts:
		if run != "hello/"+d.person("ada").ID+"/1" {
			t.Error(run)
		}
	case <-time.After(20 * time.Second):
		t.Fatal("an event came in and no run began")
	}
	stop()
	select {
	case err := <-ended:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(20 * time.Second):
		t.Fatal("it does not stop")
	}
	if _, err := net.DialTimeout("tcp", p.API.Addr().String(), time.Second); err == nil {
		t.Error("it still listens")
	}
}

func TestReadiness(t *testing.T) {
	t.Parallel()
	d := open(t)
	ops := starter.Ops(d.parts)
	ask := func(path string) int {
		w := &written{header: http.Header{}}
		ops.ServeHTTP(w, d.request(http.MethodGet, path, ""))
		return w.status
	}
	d.parts.Alive = func() error { return errors.New("a loop has stopped") }
	ops = starter.Ops(d.parts)
	if got := ask("/readyz"); got != http.StatusServiceUnavailable {
		t.Error("without loops it is", got)
	}
	d.parts.Alive = nil
	ops = starter.Ops(d.parts)
	d.store.Close()
	if got := ask("/readyz"); got != http.StatusServiceUnavailable {
		t.Error("without a database it is", got)
	}
	if got := ask("/healthz"); got != http.StatusOK {
		t.Error("it lives, but is", got)
	}
}

type written struct {
	header http.Header
	status int
	bytes.Buffer
}

func (w *written) Header() http.Header    { return w.header }
func (w *written) WriteHeader(status int) { w.status = status }

// A panic becomes an answer that says nothing of our insides, and a log line that says all.
func TestAPanicIsAnswered(t *testing.T) {
	t.Parallel()
	d := open(t)
	core, logs := observer.New(zap.ErrorLevel)
	d.parts.Log = zap.New(core)
	d.parts.Console = http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("secret") })
	handler, err := starter.New(d.parts)
	if err != nil {
		t.Fatal(err)
	}
	w := &written{header: http.Header{}}
	handler.ServeHTTP(w, d.request(http.MethodGet, "/anything", ""))
	if w.status != http.StatusInternalServerError || strings.Contains(w.String(), "secret") {
		t.Error(w.status, w.String())
	}
	if logs.Len() != 1 || logs.All()[0].ContextMap()["panic"] != "secret" {
		t.Error("the log says", logs.All())
	}
}

// Who sends slowly does not hold a connection for ever.
func TestASlowSenderIsCutOff(t *testing.T) {
	t.Parallel()
	d := open(t)
	p := &starter.Process{Parts: d.parts, API: listen(t)}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- p.Run(ctx) }()
	c, err := net.Dial("tcp", p.API.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := c.Write([]byte("POST /v1/track HTTP/1.1\r\nHost: x\r\n")); err != nil {
		t.Fatal(err)
	}
	if err := c.SetReadDeadline(time.Now().Add(15 * time.Second)); err != nil {
		t.Fatal(err)
	}
	var timeout net.Error
	if _, err := c.Read(make([]byte, 1)); errors.As(err, &timeout) && timeout.Timeout() {
		t.Error("half a request holds the connection")
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
