package cli

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
	"go.temporal.io/sdk/contrib/opentelemetry"
	"go.temporal.io/sdk/interceptor"
	"go.uber.org/zap"
)

// flushing is how long a process that stops may take to hand over its last spans.
const flushing = 5 * time.Second

// tracing makes spans. Nil makes none, and costs nothing.
type tracing struct {
	provider *sdktrace.TracerProvider
	log      *zap.Logger
}

// openTracing reads OpenTelemetry's own environment. Where that names no collector, there is no tracing.
func openTracing(ctx context.Context, service string, log *zap.Logger) (*tracing, error) {
	wanted, err := collectorNamed()
	if err != nil || !wanted {
		return nil, err //nolint:nilnil // no tracing is a tracing, too
	}
	exporter, err := otlptracehttp.New(ctx)
	if err != nil {
		return nil, fmt.Errorf("tracing: %w", err)
	}
	about, err := resource.New(ctx, resource.WithTelemetrySDK(),
		resource.WithAttributes(attribute.String("service.name", service), attribute.String("service.version", version())), resource.WithFromEnv())
	if err != nil {
		return nil, fmt.Errorf("tracing: OTEL_RESOURCE_ATTRIBUTES: %w", err)
	}
	provider := sdktrace.NewTracerProvider(sdktrace.WithResource(about), sdktrace.WithBatcher(discreet{exporter, log}))
	return &tracing{provider: provider, log: log}, nil
}

// collectorNamed tells whether the environment names a collector of traces.
func collectorNamed() (bool, error) {
	if strings.EqualFold(os.Getenv("OTEL_SDK_DISABLED"), "true") || os.Getenv("OTEL_TRACES_EXPORTER") == "none" {
		return false, nil
	}
	for _, name := range []string{"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT"} {
		if address := os.Getenv(name); address != "" {
			u, err := url.Parse(address)
			if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
				return false, errors.New(name + " is no address of a collector; write one such as http://collector:4318")
			}
			return true, nil
		}
	}
	return false, nil
}

// forOthers is what makes spans in other packages; nil: nothing does.
func (t *tracing) forOthers() trace.TracerProvider {
	if t == nil {
		return nil
	}
	return t.provider
}

// forTemporal traces what a client says, and the workflows and activities of its workers.
func (t *tracing) forTemporal() ([]interceptor.ClientInterceptor, error) {
	if t == nil {
		return nil, nil
	}
	tracing, err := opentelemetry.NewTracingInterceptor(opentelemetry.TracerOptions{
		Tracer: t.provider.Tracer("temporal-sdk-go"), TextMapPropagator: traceparent{}, DisableBaggage: true,
		AllowInvalidParentSpans: true, // a header that cannot be read must not fail a run
	})
	if err != nil {
		return nil, fmt.Errorf("tracing: %w", err)
	}
	return []interceptor.ClientInterceptor{tracing}, nil
}

// close hands over what is left.
func (t *tracing) close() {
	if t == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), flushing)
	defer cancel()
	if err := t.provider.Shutdown(ctx); err != nil {
		t.log.Warn("the last spans are lost", zap.Error(err))
	}
}

// traceparent is all of a trace that enters Temporal's histories: two ids and a flag. What others
// may send along with these (tracestate, baggage) stays outside.
type traceparent struct{ propagation.TraceContext }

// Inject writes nothing else.
func (t traceparent) Inject(ctx context.Context, carrier propagation.TextMapCarrier) {
	bare := trace.SpanContextFromContext(ctx).WithTraceState(trace.TraceState{})
	t.TraceContext.Inject(trace.ContextWithSpanContext(ctx, bare), carrier)
}

// discreet keeps back the texts of errors, which may quote what a person wrote. Their types, and the
// database's codes, go out.
type discreet struct {
	sdktrace.SpanExporter
	log *zap.Logger
}

// ExportSpans hands spans to the collector. That it is away is said in our own log, and no more.
func (d discreet) ExportSpans(ctx context.Context, spans []sdktrace.ReadOnlySpan) error {
	muted := make([]sdktrace.ReadOnlySpan, len(spans))
	for i, s := range spans {
		muted[i] = mutedSpan{s}
	}
	if err := d.SpanExporter.ExportSpans(ctx, muted); err != nil {
		d.log.Warn("spans are lost: the collector of traces did not take them", zap.Int("spans", len(spans)), zap.Error(err))
	}
	return nil
}

// mutedSpan is a span without the texts of its errors.
type mutedSpan struct{ sdktrace.ReadOnlySpan }

// Status has no description.
func (m mutedSpan) Status() sdktrace.Status {
	return sdktrace.Status{Code: m.ReadOnlySpan.Status().Code}
}

// Events keep of an error its type.
func (m mutedSpan) Events() []sdktrace.Event {
	events := slices.Clone(m.ReadOnlySpan.Events())
	for i, e := range events {
		events[i].Attributes = slices.DeleteFunc(slices.Clone(e.Attributes), func(a attribute.KeyValue) bool {
			return a.Key != "exception.type"
		})
	}
	return events
}
