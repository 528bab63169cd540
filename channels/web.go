package channels

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"strconv"
	"sync/atomic"
	"syscall"
	"time"
)

// maxAnswer is how much of a provider's answer is read.
const maxAnswer = 64 << 10

// web hands messages over by one HTTP request each.
type web struct {
	name   string
	client *http.Client
}

// answer is what a web service said.
type answer struct {
	status int
	body   []byte
	delay  time.Duration // that it asked for
}

// newWeb follows no redirect: a message is for the address that was set. Unless private is said, it reaches
// nothing of the own network.
func newWeb(name string, private bool) *web {
	control := RefusePrivate
	if private {
		control = nil
	}
	dialer := &net.Dialer{Timeout: LongestSend / 2, Control: func(network, address string, c syscall.RawConn) error {
		if control == nil {
			return nil
		}
		return control(network, address, c)
	}}
	return &web{name: name, client: &http.Client{
		Timeout: LongestSend,
		Transport: &http.Transport{
			DialContext: dialer.DialContext, ForceAttemptHTTP2: true, TLSHandshakeTimeout: LongestSend / 2,
			MaxResponseHeaderBytes: 64 << 10, MaxIdleConnsPerHost: 32, IdleConnTimeout: time.Minute,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

func (w *web) close() { w.client.CloseIdleConnections() }

// ask makes the request. Its error is a *Refused where nothing can have been taken, else an *Unknown.
func (w *web) ask(ctx context.Context, id string, r *http.Request) (answer, error) {
	var began atomic.Bool
	trace := &httptrace.ClientTrace{
		GotConn:          func(httptrace.GotConnInfo) { began.Store(true) },
		WroteHeaderField: func(string, []string) { began.Store(true) },
	}
	response, err := w.client.Do(r.WithContext(httptrace.WithClientTrace(ctx, trace)))
	switch {
	case errors.Is(err, ErrPrivate):
		return answer{}, &Rejected{Provider: w.name, MessageID: id, Reason: PolicyRefused, Detail: "its address is of the own network"}
	case err != nil && !began.Load():
		return answer{}, &Refused{Provider: w.name, MessageID: id, Reason: ProviderDown, Delay: delayDown, Detail: reached(err)}
	case err != nil:
		return answer{}, &Unknown{Provider: w.name, MessageID: id, Detail: reached(err)}
	}
	defer response.Body.Close()
	a := answer{status: response.StatusCode, delay: askedFor(response.Header.Get("Retry-After"), time.Now())}
	a.body, _ = io.ReadAll(io.LimitReader(response.Body, maxAnswer)) // the status has said what counts
	return a, nil
}

// reached tells what went wrong without the URL that the error names: there may be a secret in it.
func reached(err error) string {
	for next := errors.Unwrap(err); next != nil; next = errors.Unwrap(err) {
		err = next
	}
	return cut(err.Error())
}

// askedFor reads Retry-After: seconds, or a date (RFC 9110, 10.2.3).
func askedFor(text string, now time.Time) time.Duration {
	if seconds, err := strconv.Atoi(text); err == nil && seconds > 0 {
		return min(time.Duration(min(seconds, 1<<20))*time.Second, delayLongest)
	}
	if at, err := http.ParseTime(text); err == nil && at.After(now) {
		return min(at.Sub(now), delayLongest)
	}
	return 0
}

// no reads a status that is no yes: 429, 5xx and the few 4xx that are passing may be tried again.
func (w *web) no(id string, a answer, final Reason, code, words string) error {
	reason, delay := OtherRefusal, delayDefault
	switch {
	case a.status == http.StatusTooManyRequests:
		reason = Throttled
	case a.status >= 500:
		reason, delay = ProviderDown, delayDown
	case a.status == http.StatusRequestTimeout, a.status == http.StatusTooEarly:
	default:
		return &Rejected{Provider: w.name, MessageID: id, Reason: final, Code: code, Detail: cut(words)}
	}
	if a.delay > 0 {
		delay = a.delay
	}
	return &Refused{Provider: w.name, MessageID: id, Reason: reason, Code: code, Delay: delay, Detail: cut(words)}
}
