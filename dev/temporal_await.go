package dev

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"time"

	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/sdk/client"
)

// awaitNamespace returns once the server knows the namespace with its search attributes.
func awaitNamespace(ctx context.Context, server *temporalServer, namespace string) error {
	ctx, cancel := context.WithTimeout(ctx, temporalPatience)
	defer cancel()
	c, err := client.NewLazyClient(client.Options{
		HostPort: server.address, Namespace: namespace, Logger: slog.New(slog.NewTextHandler(io.Discard, nil)),
	})
	if err != nil {
		return fmt.Errorf("connect to Temporal: %w", err)
	}
	defer c.Close()
	for {
		attempt, cancel := context.WithTimeout(ctx, 5*time.Second)
		listed, err := c.OperatorService().ListSearchAttributes(attempt, &operatorservice.ListSearchAttributesRequest{Namespace: namespace})
		cancel()
		if _, known := listed.GetCustomAttributes()["NextWakeAt"]; err == nil && known {
			return nil
		}
		select {
		case <-server.exited:
			return server.death()
		case <-ctx.Done():
			return fmt.Errorf("Temporal's namespace %s is not usable: %w\n%s", namespace, err, indent(tail(server.log, 12)))
		case <-time.After(100 * time.Millisecond):
		}
	}
}
