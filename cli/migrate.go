package cli

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"

	"github.com/mixtapehq/mixtape/store"
	"github.com/mixtapehq/mixtape/workflows"
)

// MigrateCommand brings the database up to date, and tells Temporal about our search attributes.
type MigrateCommand struct {
	DatabaseURL Postgres `placeholder:"URL" env:"MIXTAPE_DATABASE_URL" secret:"" required:"" help:"Postgres, as postgres://user:password@host:5432/mixtape."`
	Temporal    string   `name:"temporal-address" env:"MIXTAPE_TEMPORAL_ADDRESS" default:"127.0.0.1:7233" help:"Temporal's frontend."`
	Namespace   string   `name:"temporal-namespace" env:"MIXTAPE_TEMPORAL_NAMESPACE" default:"default" help:"Temporal's namespace; it has to exist."`
	Logging
}

// Run migrates. It may be run at any time and by several at once.
func (m *MigrateCommand) Run(c *Call) error {
	log, err := m.Logging.open(c.Stderr)
	if err != nil {
		return err
	}
	err = await(c, log, "the database", func(ctx context.Context) error { return store.Migrate(ctx, string(m.DatabaseURL)) })
	if err != nil {
		return err
	}
	c.printf("the database is up to date\n")
	var temporal client.Client
	err = await(c, log, "Temporal", func(ctx context.Context) (err error) {
		temporal, err = client.DialContext(ctx, client.Options{HostPort: m.Temporal, Namespace: m.Namespace, Logger: forTemporal(log)})
		return err
	})
	if err != nil {
		return err
	}
	defer temporal.Close()
	var added []string
	err = await(c, log, "Temporal's namespace "+m.Namespace, func(ctx context.Context) (err error) {
		added, err = addSearchAttributes(ctx, temporal, m.Namespace)
		return err
	})
	if err != nil {
		return err
	}
	if len(added) > 0 {
		c.printf("Temporal got the search attributes %s\n", strings.Join(added, ", "))
	} else {
		c.printf("Temporal has all search attributes\n")
	}
	return nil
}

// addSearchAttributes adds those that a namespace does not have yet, and returns their names.
func addSearchAttributes(ctx context.Context, temporal client.Client, namespace string) ([]string, error) {
	has, err := temporal.OperatorService().ListSearchAttributes(ctx, &operatorservice.ListSearchAttributesRequest{Namespace: namespace})
	if err != nil {
		return nil, fmt.Errorf("Temporal does not tell its search attributes: %w", err)
	}
	k := workflows.SearchAttributes()
	missing := map[string]enums.IndexedValueType{
		k.JourneyKey.GetName(): k.JourneyKey.GetValueType(), k.JourneyVersion.GetName(): k.JourneyVersion.GetValueType(),
		k.JourneyStep.GetName(): k.JourneyStep.GetValueType(), k.JourneyState.GetName(): k.JourneyState.GetValueType(),
		k.ProfileID.GetName(): k.ProfileID.GetValueType(), k.NextWakeAt.GetName(): k.NextWakeAt.GetValueType(),
	}
	for name := range has.GetCustomAttributes() {
		delete(missing, name)
	}
	if len(missing) == 0 {
		return nil, nil
	}
	names := slices.Sorted(maps.Keys(missing))
	_, err = temporal.OperatorService().AddSearchAttributes(ctx, &operatorservice.AddSearchAttributesRequest{Namespace: namespace, SearchAttributes: missing})
	var already *serviceerror.AlreadyExists
	if err != nil && !errors.As(err, &already) { // another process was faster
		return nil, fmt.Errorf("Temporal does not take the search attributes %s; add them by hand: %w", strings.Join(names, ", "), err)
	}
	return names, nil
}
