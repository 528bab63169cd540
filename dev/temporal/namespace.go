package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"
	"go.temporal.io/server/common/log"
	"google.golang.org/protobuf/types/known/durationpb"
)

// The search attributes of a run. Mixtape's worker upserts them, so their names and types are part of its contract.
func searchAttributes() map[string]enums.IndexedValueType {
	return map[string]enums.IndexedValueType{
		"JourneyKey":     enums.INDEXED_VALUE_TYPE_KEYWORD,
		"JourneyVersion": enums.INDEXED_VALUE_TYPE_KEYWORD,
		"JourneyStep":    enums.INDEXED_VALUE_TYPE_KEYWORD,
		"JourneyState":   enums.INDEXED_VALUE_TYPE_KEYWORD,
		"ProfileID":      enums.INDEXED_VALUE_TYPE_KEYWORD,
		"NextWakeAt":     enums.INDEXED_VALUE_TYPE_DATETIME,
	}
}

// prepareNamespace registers the namespace and its search attributes and returns once a workflow that upserts them all
// has run to its end: each service learns of both only when it next refreshes its caches.
func prepareNamespace(ctx context.Context, address, name string, retention time.Duration) error {
	c, err := client.NewLazyClient(client.Options{HostPort: address, Namespace: name, Logger: log.NewSdkLogger(log.NewNoopLogger())})
	if err != nil {
		return fmt.Errorf("make a client: %w", err)
	}
	defer c.Close()
	for _, step := range []struct {
		what string
		do   func(context.Context) error
	}{
		{"register namespace " + name, func(ctx context.Context) error { return register(ctx, c, name, retention) }},
		{"add search attributes", func(ctx context.Context) error { return addSearchAttributes(ctx, c, name) }},
		{"run a workflow in namespace " + name, func(ctx context.Context) error { return probe(ctx, c) }},
	} {
		if err := untilDone(ctx, step.do); err != nil {
			return fmt.Errorf("%s: %w", step.what, err)
		}
	}
	return nil
}

// untilDone tries again as long as there is time: while the server starts, "unknown" and "unavailable" mean "not yet".
func untilDone(ctx context.Context, do func(context.Context) error) error {
	const pause, patience = 50 * time.Millisecond, 5 * time.Second
	for {
		attempt, cancel := context.WithTimeout(ctx, patience)
		err := do(attempt)
		cancel()
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(pause):
		}
	}
}

func register(ctx context.Context, c client.Client, name string, retention time.Duration) error {
	_, err := c.WorkflowService().RegisterNamespace(ctx, &workflowservice.RegisterNamespaceRequest{
		Namespace:                        name,
		Description:                      "Mixtape's journeys",
		WorkflowExecutionRetentionPeriod: durationpb.New(retention),
	})
	var exists *serviceerror.NamespaceAlreadyExists
	if errors.As(err, &exists) {
		return nil
	}
	return err
}

func addSearchAttributes(ctx context.Context, c client.Client, name string) error {
	listed, err := c.OperatorService().ListSearchAttributes(ctx, &operatorservice.ListSearchAttributesRequest{Namespace: name})
	if err != nil {
		return err
	}
	missing := searchAttributes()
	for attribute := range listed.GetCustomAttributes() {
		delete(missing, attribute)
	}
	if len(missing) == 0 {
		return nil
	}
	_, err = c.OperatorService().AddSearchAttributes(ctx, &operatorservice.AddSearchAttributesRequest{
		Namespace: name, SearchAttributes: missing,
	})
	return err
}

// probe runs one workflow for real, which takes every service of the server.
func probe(ctx context.Context, c client.Client) error {
	const queue = "mixtape-dev-probe"
	w := worker.New(c, queue, worker.Options{
		MaxConcurrentWorkflowTaskPollers: 2, LocalActivityWorkerOnly: true,
	})
	w.RegisterWorkflowWithOptions(upsertAll, workflow.RegisterOptions{Name: "Probe"})
	if err := w.Start(); err != nil {
		return err
	}
	defer w.Stop()
	run, err := c.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
		TaskQueue: queue, WorkflowExecutionTimeout: 10 * time.Second,
	}, upsertAll)
	if err != nil {
		return err
	}
	if err := run.Get(ctx, nil); err != nil {
		return err
	}
	return nil
}

func upsertAll(ctx workflow.Context) error {
	var updates []temporal.SearchAttributeUpdate
	for name, kind := range searchAttributes() {
		switch kind {
		case enums.INDEXED_VALUE_TYPE_DATETIME:
			updates = append(updates, temporal.NewSearchAttributeKeyTime(name).ValueSet(workflow.Now(ctx)))
		default:
			updates = append(updates, temporal.NewSearchAttributeKeyKeyword(name).ValueSet("probe"))
		}
	}
	return workflow.UpsertTypedSearchAttributes(ctx, updates...)
}
