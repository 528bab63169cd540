package store

import (
	"context"
	"strings"

	"github.com/exaring/otelpgx"
	"go.opentelemetry.io/otel/metric/noop"
	"go.opentelemetry.io/otel/trace"
)

// tracer makes spans of queries, with their text, which has placeholders, and without what fills these.
func tracer(traces trace.TracerProvider) *otelpgx.Tracer {
	return otelpgx.NewTracer(
		otelpgx.WithTracerProvider(traces), otelpgx.WithMeterProvider(noop.NewMeterProvider()),
		otelpgx.WithSpanNameCtxFunc(queryName), otelpgx.WithDisableConnectionDetailsInAttributes(),
	)
}

// queryName is the name that a query has in queries/*.sql; of any other its first word.
func queryName(ctx context.Context, sql string) string {
	if named, ok := strings.CutPrefix(sql, "-- name: "); ok {
		name, _, _ := strings.Cut(named, " ")
		return name
	}
	return otelpgx.SQLOperationName(ctx, sql)
}
