package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

const defaultURL = "http://127.0.0.1:8080"

// Connection is where Mixtape's API is. Without an address a command finds the deployment that
// `mixtape dev` runs on this machine, by the file that it leaves in its data folder.
type Connection struct {
	URL      string `placeholder:"URL" env:"MIXTAPE_URL" help:"Address of Mixtape's API. Without one: what mixtape dev runs here, else http://127.0.0.1:8080."`
	AdminKey string `placeholder:"KEY" env:"MIXTAPE_ADMIN_KEY" secret:"" help:"Key of the management API; better kept in the environment."`
	WriteKey string `placeholder:"KEY" env:"MIXTAPE_WRITE_KEY" secret:"" help:"Server key that events come with; better kept in the environment."`
	Data     string `placeholder:"DIR" env:"MIXTAPE_DATA" help:"Data folder of mixtape dev."`
}

// api is the HTTP API of a deployment.
type api struct {
	url                string
	adminKey, writeKey string
	http               *http.Client
}

func (c Connection) open() (*api, error) {
	a := &api{url: c.URL, adminKey: c.AdminKey, writeKey: c.WriteKey}
	if a.url == "" {
		// The local deployment's keys go to the local deployment alone.
		local, err := readLocal(c.Data)
		if err != nil {
			return nil, err
		}
		if local.URL != "" {
			a.url = local.URL
			if a.adminKey == "" {
				a.adminKey = local.AdminKey
			}
			if a.writeKey == "" {
				a.writeKey = local.WriteKey
			}
		} else if local.AdminKey != "" && c.AdminKey == "" && c.WriteKey == "" {
			return nil, errors.New("`mixtape dev` is not running here; start it, or set MIXTAPE_URL and MIXTAPE_ADMIN_KEY for another deployment")
		} else {
			a.url = defaultURL
		}
	}
	u, err := url.Parse(a.url)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		_, host, named := strings.Cut(a.url, "@") // what is before it may be a secret
		if !named {
			host = a.url
		}
		return nil, fmt.Errorf("%q is no address of an API; write one such as https://mixtape.example.com", host)
	}
	a.url = strings.TrimRight(a.url, "/")
	a.http = &http.Client{
		Timeout: 60 * time.Second,
		// A redirect would take the key to wherever it leads.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return a, nil
}

// answer is an API's no, in its own words.
type answer struct {
	Status int    `json:"-"`
	Detail string `json:"detail"`
	Errors []struct {
		Message string `json:"message"`
	} `json:"errors"`
}

func (a *answer) Error() string {
	words := []string{a.Detail}
	for _, e := range a.Errors {
		words = append(words, e.Message)
	}
	return strings.Join(words, "\n")
}

// manage calls the management API with the admin key; out may be nil.
func (a *api) manage(ctx context.Context, method, path string, in, out any) error {
	if a.adminKey == "" {
		return errors.New("there is no admin key; set MIXTAPE_ADMIN_KEY, or start `mixtape dev`, whose key is found by itself")
	}
	return a.call(ctx, method, path, in, out, func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+a.adminKey) })
}

// track calls the tracking API.
func (a *api) track(ctx context.Context, call string, in any) error {
	return a.write(ctx, call, in, nil)
}

// write calls what a write key opens; out may be nil.
func (a *api) write(ctx context.Context, call string, in, out any) error {
	if a.writeKey == "" {
		return errors.New("there is no write key; set MIXTAPE_WRITE_KEY, or start `mixtape dev`, whose key is found by itself")
	}
	return a.call(ctx, http.MethodPost, "/v1/"+call, in, out, func(r *http.Request) { r.SetBasicAuth(a.writeKey, "") })
}

// maxAnswer bounds what is read of an answer.
const maxAnswer = 64 << 20

func (a *api) call(ctx context.Context, method, path string, in, out any, authorize func(*http.Request)) error {
	var body io.Reader
	if in != nil {
		raw, err := json.Marshal(in)
		if err != nil {
			return err
		}
		body = bytes.NewReader(raw)
	}
	request, err := http.NewRequestWithContext(ctx, method, a.url+path, body)
	if err != nil {
		return err
	}
	if in != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	request.Header.Set("User-Agent", "mixtape-cli")
	authorize(request)
	response, err := a.http.Do(request)
	if err != nil {
		var wrong *url.Error
		if errors.As(err, &wrong) {
			err = wrong.Err
		}
		return fmt.Errorf("nobody answers at %s (%w); is Mixtape running there? `mixtape dev` starts it on this machine", a.url, err)
	}
	defer response.Body.Close()
	raw, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if err != nil {
		return fmt.Errorf("the answer of %s broke off: %w", a.url, err)
	}
	if response.StatusCode >= 300 {
		return refused(a.url, response, raw)
	}
	if out == nil || len(raw) == 0 {
		return nil
	}
	if err := json.Unmarshal(raw, out); err != nil {
		return fmt.Errorf("the answer of %s cannot be read: is that Mixtape's API, of the same release as this command? (%w)", a.url, err)
	}
	return nil
}

// refused turns an answer that is no success into an error: a no of the API is a failure, anything
// else means that the command could not run.
func refused(address string, response *http.Response, raw []byte) error {
	no := &answer{Status: response.StatusCode}
	if json.Unmarshal(raw, no) != nil || no.Detail == "" {
		return fmt.Errorf("%s answers %s; is that Mixtape's API?", address, response.Status)
	}
	switch {
	case no.Status == http.StatusUnauthorized || no.Status == http.StatusForbidden || no.Status >= 500:
		return fmt.Errorf("%s: %w", address, no)
	default:
		return fmt.Errorf("%w%w", &failure{}, no)
	}
}

// segment writes a name as one part of a path.
func segment(name string) string { return url.PathEscape(name) }
