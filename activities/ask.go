package activities

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/net/http/httpguts"

	"github.com/mixtapehq/mixtape/channels"
	"github.com/mixtapehq/mixtape/store"
)

// Asker makes the requests of calls. It follows no redirect, sends no cookies, goes through no proxy,
// and reaches the own network only where that is allowed.
type Asker struct {
	secret        func(name string) (string, bool)
	public, local *http.Client
}

// NewAsker returns one. secret tells a secret by its name; resolver is nil for the system's.
func NewAsker(secret func(name string) (string, bool), resolver *net.Resolver) *Asker {
	client := func(control func(network, address string, c syscall.RawConn) error) *http.Client {
		dialer := &net.Dialer{Timeout: callTimeout, Control: control, Resolver: resolver}
		return &http.Client{
			Transport: &http.Transport{
				DialContext: dialer.DialContext, ForceAttemptHTTP2: true, TLSHandshakeTimeout: callTimeout,
				MaxResponseHeaderBytes: 64 << 10, MaxIdleConns: 100, IdleConnTimeout: time.Minute,
			},
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		}
	}
	return &Asker{secret: secret, public: client(channels.RefusePrivate), local: client(nil)}
}

// longestCall bounds an attempt, whatever its step says.
const longestCall = time.Minute

// Ask makes one attempt at a call. What goes wrong is told by codes alone: errors of the network hold
// addresses.
func (a *Asker) Ask(ctx context.Context, c store.Call, private bool) Attempt {
	ctx, cancel := context.WithTimeout(ctx, min(time.Duration(c.TimeoutMs)*time.Millisecond, longestCall))
	defer cancel()
	request, problem := a.request(ctx, c)
	if problem != "" {
		return Attempt{Problem: problem, Final: true}
	}
	client := a.public
	if private {
		client = a.local
	}
	response, err := client.Do(request)
	if err != nil {
		if errors.Is(err, channels.ErrPrivate) {
			return Attempt{Problem: PrivateAddress, Final: true}
		}
		return Attempt{Problem: NoAnswer}
	}
	defer response.Body.Close()
	attempt := Attempt{Status: response.StatusCode, RetryAfter: retryAfter(response.Header.Get("Retry-After"), time.Now())}
	body, err := io.ReadAll(io.LimitReader(response.Body, MaxAnswer+1))
	switch {
	case attempt.Status < 200 || attempt.Status > 299: // what it says of that is of no use
	case len(body) > MaxAnswer:
		attempt.Problem, attempt.Final = TooLarge, true
	case err != nil:
		attempt.Problem = NoAnswer
	default:
		attempt.Body = body
	}
	return attempt
}

// request is the call with its secrets filled in.
func (a *Asker) request(ctx context.Context, c store.Call) (*http.Request, string) {
	var headers map[string]string
	if err := json.Unmarshal(c.Headers, &headers); err != nil {
		return nil, BadRequest
	}
	f := &filling{mark: c.Mark, secret: a.secret}
	to := f.fill(c.Url, nil)
	kind := ""
	for name, value := range headers {
		headers[name] = f.fill(value, nil)
		if strings.EqualFold(name, "Content-Type") {
			kind = headers[name]
		}
	}
	var escape func(string) string
	if isJSON(kind) {
		escape = func(value string) string { return inJSON("", value) }
	}
	body := f.fill(c.Body, escape)
	if f.problem != "" {
		return nil, f.problem
	}
	if badURL(to) != "" {
		return nil, BadRequest
	}
	request, err := http.NewRequestWithContext(ctx, c.Method, to, strings.NewReader(body))
	if err != nil {
		return nil, BadRequest
	}
	request.Header.Set("Accept", jsonType)
	request.Header.Set("User-Agent", "Mixtape")
	request.Header.Set("Idempotency-Key", c.ID)
	for name, value := range headers {
		if !httpguts.ValidHeaderFieldName(name) || !httpguts.ValidHeaderFieldValue(value) {
			return nil, BadRequest
		}
		request.Header.Set(name, value)
	}
	return request, ""
}

// filling puts secrets where a call names them.
type filling struct {
	mark    string
	secret  func(string) (string, bool)
	problem string
}

func (f *filling) fill(text string, escape func(string) string) string {
	if f.mark == "" {
		return text
	}
	marked := regexp.MustCompile(f.mark + "([A-Z][A-Z0-9_]*)" + f.mark)
	text = marked.ReplaceAllStringFunc(text, func(found string) string {
		name := strings.TrimSuffix(strings.TrimPrefix(found, f.mark), f.mark)
		value, ok := f.secret(name)
		if !ok {
			f.problem = MissingSecret
			return ""
		}
		if escape != nil {
			return escape(value)
		}
		return value
	})
	if strings.Contains(strings.ToLower(text), f.mark) { // something was done to it on the way
		f.problem = BadRequest
	}
	return text
}

// retryAfter reads the header: seconds, or a date.
func retryAfter(text string, now time.Time) time.Duration {
	if seconds, err := strconv.Atoi(text); err == nil && seconds > 0 {
		return time.Duration(min(seconds, int(longestDelay/time.Second))) * time.Second
	}
	if at, err := http.ParseTime(text); err == nil && at.After(now) {
		return at.Sub(now)
	}
	return 0
}
