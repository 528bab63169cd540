package starter

import (
	"context"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"
	"go.uber.org/zap"
)

// Ops returns the handler of the operators' port: /healthz says that the process lives, /readyz that
// it can work, /metrics how it goes.
func Ops(p Parts) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { say(w, http.StatusOK, "ok") })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), 2*time.Second)
		defer cancel()
		if err := p.Store.Ping(ctx); err != nil {
			p.Log.Warn("not ready", zap.Error(err))
			say(w, http.StatusServiceUnavailable, "the database does not answer")
			return
		}
		if p.Alive != nil {
			if err := p.Alive(); err != nil {
				p.Log.Warn("not ready", zap.Error(err))
				say(w, http.StatusServiceUnavailable, "dispatch does not run")
				return
			}
		}
		say(w, http.StatusOK, "ready")
	})
	if p.Metrics != nil {
		mux.Handle("GET /metrics", promhttp.HandlerFor(p.Metrics, promhttp.HandlerOpts{}))
	}
	return mux
}

func say(w http.ResponseWriter, status int, words string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(words + "\n"))
}
