package cli

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
)

// ExportCommand writes what is held about a person.
type ExportCommand struct {
	Connection
	Person string `arg:"" help:"Your id of the person, an anonymous id, an e-mail address, or Mixtape's own id."`
	Out    string `short:"o" placeholder:"FILE" help:"Write to this file, which only you can read."`
}

// Run exports. What is held may be long: it is passed on as it comes.
func (e *ExportCommand) Run(c *Call) error {
	server, err := e.open()
	if err != nil {
		return err
	}
	if e.Out == "" {
		return server.download(c, "/api/profiles/"+segment(e.Person)+"/export", c.Stdout)
	}
	file, err := os.OpenFile(e.Out, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return fmt.Errorf("write the export: %w", err)
	}
	return errors.Join(server.download(c, "/api/profiles/"+segment(e.Person)+"/export", file), file.Close())
}

// download passes on an answer of any length.
func (a *api) download(c *Call, path string, to io.Writer) error {
	if a.adminKey == "" {
		return errors.New("there is no admin key; set MIXTAPE_ADMIN_KEY, or start `mixtape dev`, whose key is found by itself")
	}
	request, err := http.NewRequestWithContext(c, http.MethodGet, a.url+path, nil)
	if err != nil {
		return err
	}
	request.Header.Set("User-Agent", "mixtape-cli")
	request.Header.Set("Authorization", "Bearer "+a.adminKey)
	patient := *a.http
	patient.Timeout = 0 // it may be long; who has had enough interrupts it
	response, err := patient.Do(request)
	if err != nil {
		return fmt.Errorf("nobody answers at %s (%w); is Mixtape running there? `mixtape dev` starts it on this machine", a.url, err)
	}
	defer response.Body.Close()
	if response.StatusCode >= 300 {
		raw, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
		if err != nil {
			return fmt.Errorf("the answer of %s broke off: %w", a.url, err)
		}
		return refused(a.url, response, raw)
	}
	if _, err := io.Copy(to, response.Body); err != nil {
		return fmt.Errorf("the export broke off and is not whole: %w", err)
	}
	return nil
}
