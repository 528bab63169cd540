package main

import (
	"context"
	"fmt"
	"net/http"

	uiserver "github.com/temporalio/ui-server/v2/server"
	"github.com/temporalio/ui-server/v2/server/config"
	"github.com/temporalio/ui-server/v2/server/server_options"
)

// webUI is the UI's configuration, in the shape that its server asks for.
type webUI struct {
	frontend, namespace string
	port                int
}

// GetConfig implements the UI server's configuration provider.
func (w webUI) GetConfig() (*config.Config, error) {
	return &config.Config{
		TemporalGRPCAddress: w.frontend,
		Host:                loopback,
		Port:                w.port,
		EnableUI:            true,
		DefaultNamespace:    w.namespace,
		DisableNewsFetch:    true,                              // the local stack talks to nobody
		HideLogs:            true,                              // standard output carries the ready line alone
		CORS:                config.CORS{CookieInsecure: true}, // plain http on loopback
	}, nil
}

func serveUI(frontend, namespace string, port int) *uiserver.Server {
	server := uiserver.NewServer(server_options.WithConfigProvider(webUI{frontend: frontend, namespace: namespace, port: port}))
	go func() { _ = server.Start() }() // ends the process itself when the port is taken
	return server
}

// awaitHTTP returns once the address answers.
func awaitHTTP(ctx context.Context, address string) error {
	err := untilDone(ctx, func(ctx context.Context) error {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
		if err != nil {
			return err
		}
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			return err
		}
		return response.Body.Close()
	})
	if err != nil {
		return fmt.Errorf("await the web UI: %w", err)
	}
	return nil
}
