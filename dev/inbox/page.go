package inbox

import (
	"embed"
	"encoding/json"
	"html/template"
	"net"
	"net/http"
	"slices"
	"strconv"
)

//go:embed page.html
var pageFile embed.FS

// listed is how many messages the page shows at once.
const listed = 500

// framePolicy is for the HTML of a mail: no scripts, no forms, pictures from this machine alone.
const framePolicy = "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; style-src 'unsafe-inline'; " +
	"img-src data: http://127.0.0.1:* http://localhost:*"

func (b *Inbox) pages() http.Handler {
	page := template.Must(template.ParseFS(pageFile, "page.html"))
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		messages := b.Messages()
		messages = messages[max(0, len(messages)-listed):]
		slices.Reverse(messages)
		show(w, page, "list", map[string]any{"Messages": messages, "Counts": b.Counts()})
	})
	mux.HandleFunc("GET /messages/{number}", b.one(func(w http.ResponseWriter, m Message) { show(w, page, "message", m) }))
	mux.HandleFunc("GET /messages/{number}/html", b.one(func(w http.ResponseWriter, m Message) {
		w.Header().Set("Content-Security-Policy", framePolicy)
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write([]byte(`<!doctype html><base target="_blank">` + m.HTML))
	}))
	mux.HandleFunc("GET /messages/{number}/raw", b.one(func(w http.ResponseWriter, m Message) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = w.Write(m.Raw)
	}))
	mux.HandleFunc("GET /messages.json", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(map[string]any{"counts": b.Counts(), "messages": b.Messages()})
	})
	return localOnly(mux)
}

// one finds the message that a path names.
func (b *Inbox) one(then func(http.ResponseWriter, Message)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		number, _ := strconv.Atoi(r.PathValue("number")) // 0, which no message has
		messages := b.Messages()
		at := slices.IndexFunc(messages, func(m Message) bool { return m.Number == number })
		if at < 0 {
			http.Error(w, "no such message; only the newest are kept", http.StatusNotFound)
			return
		}
		then(w, messages[at])
	}
}

func show(w http.ResponseWriter, page *template.Template, name string, data any) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-src 'self'")
	_ = page.ExecuteTemplate(w, name, data) // fails when the reader has gone
}

// localOnly keeps other web sites out, whose names may be pointed at 127.0.0.1 to read the mail through a visitor's browser.
func localOnly(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host, _, err := net.SplitHostPort(r.Host)
		if err != nil || host != "127.0.0.1" && host != "localhost" {
			http.Error(w, "the inbox answers to 127.0.0.1 and localhost alone", http.StatusForbidden)
			return
		}
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.Header().Set("Referrer-Policy", "no-referrer")
		next.ServeHTTP(w, r)
	})
}
