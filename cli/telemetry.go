package cli

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	otelprometheus "go.opentelemetry.io/otel/exporters/prometheus"
	"go.opentelemetry.io/otel/metric"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/contrib/opentelemetry"
	sdklog "go.temporal.io/sdk/log"
	"go.uber.org/zap"
	"go.uber.org/zap/exp/zapslog"
	"go.uber.org/zap/zapcore"

	"github.com/mixtapehq/mixtape/store"
)

// Logging is how a process tells what it does.
type Logging struct {
	Log      string `enum:"json,console" default:"json" env:"MIXTAPE_LOG" help:"Form of the log: json or console."`
	LogLevel string `enum:"debug,info,warn,error" default:"info" env:"MIXTAPE_LOG_LEVEL" help:"The least that is logged: debug, info, warn or error."`
}

func (l Logging) open(w io.Writer) (*zap.Logger, error) {
	level, err := zapcore.ParseLevel(l.LogLevel)
	if err != nil {
		return nil, fmt.Errorf("log level: %w", err)
	}
	encoding := zap.NewProductionEncoderConfig()
	encoding.EncodeTime = zapcore.RFC3339NanoTimeEncoder
	encoder := zapcore.NewJSONEncoder(encoding)
	if l.Log == "console" {
		encoding.EncodeTime = zapcore.TimeEncoderOfLayout(time.TimeOnly)
		encoder = zapcore.NewConsoleEncoder(encoding)
	}
	return zap.New(zapcore.NewCore(encoder, zapcore.Lock(zapcore.AddSync(w)), level)), nil
}

// forTemporal is the log as Temporal's SDK wants it. The SDK says much at info that is about itself.
func forTemporal(log *zap.Logger) sdklog.Logger {
	quieter := log.Named("temporal").WithOptions(zap.IncreaseLevel(zap.WarnLevel))
	return sdklog.NewStructuredLogger(slog.New(zapslog.NewHandler(quieter.Core(), zapslog.WithName("temporal"))))
}

// metrics gathers what Prometheus asks for.
type metrics struct {
	*prometheus.Registry
	provider *sdkmetric.MeterProvider
}

func newMetrics() (*metrics, error) {
	registry := prometheus.NewRegistry()
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	exporter, err := otelprometheus.New(otelprometheus.WithRegisterer(registry), otelprometheus.WithoutScopeInfo(), otelprometheus.WithoutTargetInfo())
	if err != nil {
		return nil, fmt.Errorf("metrics: %w", err)
	}
	return &metrics{Registry: registry, provider: sdkmetric.NewMeterProvider(sdkmetric.WithReader(exporter))}, nil
}

func (m *metrics) forTemporal(log *zap.Logger) client.MetricsHandler {
	return opentelemetry.NewMetricsHandler(opentelemetry.MetricsHandlerOptions{
		Meter: m.provider.Meter("temporal-sdk-go"), UseMonotonicCounters: true,
		OnError: func(err error) { log.Warn("a metric is lost", zap.Error(err)) },
	})
}

// watch adds what the database knows of the deployment: asked whenever somebody asks us.
func (m *metrics) watch(s *store.Store) error {
	meter := m.provider.Meter("github.com/mixtapehq/mixtape")
	gauge := func(name, help string) metric.Int64ObservableGauge {
		g, err := meter.Int64ObservableGauge(name, metric.WithDescription(help))
		if err != nil {
			panic(err) // the names below are good ones
		}
		return g
	}
	active := gauge("mixtape_runs_active", "Runs that live.")
	unstarted := gauge("mixtape_runs_unstarted", "Living runs whose workflow is yet to be started.")
	backlog := gauge("mixtape_outbox_letters", "Starts and wakes that Temporal is yet to be told.")
	stuck := gauge("mixtape_runs_stuck", "Living runs whose next move cannot be computed.")
	unknown := gauge("mixtape_messages_unknown", "Messages of which nobody knows whether they went out.")
	overdue := gauge("mixtape_segments_overdue", "People of whom a segment should have been looked at again, some seconds ago and more.")
	uncomputed := gauge("mixtape_segments_uncomputed", "Segments whose members are not yet computed by their rule.")
	age, err := meter.Float64ObservableGauge("mixtape_outbox_age", metric.WithUnit("s"), metric.WithDescription("For how long the oldest of them has been due."))
	if err != nil {
		return err
	}
	_, err = meter.RegisterCallback(func(ctx context.Context, o metric.Observer) error {
		ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
		defer cancel()
		living, waiting, err := s.CountActive(ctx)
		if err != nil {
			return err
		}
		letters, seconds, err := s.Backlog(ctx)
		if err != nil {
			return err
		}
		stand, lost, err := s.Trouble(ctx)
		if err != nil {
			return err
		}
		late, err := s.Overdue(ctx)
		if err != nil {
			return err
		}
		open, _, err := s.SegmentsToSweep(ctx)
		if err != nil {
			return err
		}
		o.ObserveInt64(active, living)
		o.ObserveInt64(overdue, late)
		o.ObserveInt64(uncomputed, open)
		o.ObserveInt64(unstarted, waiting)
		o.ObserveInt64(backlog, letters)
		o.ObserveFloat64(age, seconds)
		o.ObserveInt64(stuck, stand)
		o.ObserveInt64(unknown, lost)
		return nil
	}, active, unstarted, backlog, age, stuck, unknown, overdue, uncomputed)
	return err
}
