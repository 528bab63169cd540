package starter

import (
	"context"
	"net/http"
	"strings"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
)

// traced makes a span of each request. It carries the route alone: what stands in a path, a query or
// a header may name a person, or be a link's secret.
func (s *server) traced(next http.Handler) http.Handler {
	if s.Traces == nil {
		return next
	}
	tracer := s.Traces.Tracer("github.com/mixtapehq/mixtape/starter")
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		options := []trace.SpanStartOption{trace.WithSpanKind(trace.SpanKindServer), trace.WithNewRoot()}
		// Anybody may call, so a caller's trace is pointed at; it does not decide whether ours is kept.
		headers := propagation.MapCarrier{"traceparent": r.Header.Get("traceparent")}
		if caller := trace.SpanContextFromContext(propagation.TraceContext{}.Extract(context.Background(), headers)); caller.IsValid() {
			options = append(options, trace.WithLinks(trace.Link{SpanContext: caller}))
		}
		ctx, span := tracer.Start(r.Context(), "request", options...)
		defer span.End()
		found := &route{}
		answer := &answered{ResponseWriter: w, status: http.StatusOK}
		next.ServeHTTP(answer, r.WithContext(context.WithValue(ctx, routeKey{}, found)))
		if found.pattern != "" {
			span.SetName(found.pattern)
			method, path, _ := strings.Cut(found.pattern, " ")
			if path == "" { // of any method
				method, path = "", method
			}
			span.SetAttributes(attribute.String("http.route", path))
			if method != "" {
				span.SetAttributes(attribute.String("http.request.method", method))
			}
		}
		span.SetAttributes(attribute.Int("http.response.status_code", answer.status))
		if answer.status >= http.StatusInternalServerError {
			span.SetStatus(codes.Error, "")
		}
	})
}

type routeKey struct{}

// route is the pattern that a request matched, as the innermost of the muxes on its way has it.
type route struct{ pattern string }

// routed notes the pattern by which the mux found a request's handler.
func (s *server) routed(mux *http.ServeMux) http.Handler {
	if s.Traces == nil {
		return mux
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() { // also of a handler that panics
			if found, ok := r.Context().Value(routeKey{}).(*route); ok && found.pattern == "" {
				found.pattern = r.Pattern
			}
		}()
		mux.ServeHTTP(w, r)
	})
}

// answered remembers the status of an answer.
type answered struct {
	http.ResponseWriter
	status int
	begun  bool
}

// WriteHeader notes the first status that is a final one.
func (a *answered) WriteHeader(status int) {
	if !a.begun && status >= http.StatusOK {
		a.status, a.begun = status, true
	}
	a.ResponseWriter.WriteHeader(status)
}

// Write answers, with 200 unless another was said.
func (a *answered) Write(p []byte) (int, error) {
	a.begun = true
	return a.ResponseWriter.Write(p)
}

// Unwrap is for http.ResponseController.
func (a *answered) Unwrap() http.ResponseWriter { return a.ResponseWriter }
