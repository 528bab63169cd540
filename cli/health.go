package cli

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// HealthCommand asks a server how it is: for the health checks of containers that have nothing else
// in them.
type HealthCommand struct {
	URL     string        `arg:"" help:"Such as http://127.0.0.1:9090/readyz."`
	Timeout time.Duration `default:"3s" help:"How long it may take to answer."`
}

// Run asks.
func (h *HealthCommand) Run(c *Call) error {
	request, err := http.NewRequestWithContext(c, http.MethodGet, h.URL, nil)
	if err != nil {
		return fmt.Errorf("%q is no address: %w", h.URL, err)
	}
	client := &http.Client{Timeout: h.Timeout}
	response, err := client.Do(request)
	if err != nil {
		return failed("%s does not answer", h.URL)
	}
	defer response.Body.Close()
	said, err := io.ReadAll(io.LimitReader(response.Body, 1000))
	if err != nil || response.StatusCode != http.StatusOK {
		return failed("%s answers %s: %s", h.URL, response.Status, strings.TrimSpace(string(said)))
	}
	c.printf("%s\n", strings.TrimSpace(string(said)))
	return nil
}
