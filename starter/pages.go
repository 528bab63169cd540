package starter

import (
	"bytes"
	"context"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"html/template"
	"net/http"

	"go.uber.org/zap"

	"github.com/mixtapehq/mixtape/message"
	"github.com/mixtapehq/mixtape/store"
)

//go:embed unsubscribe.html preferences.html confirm.html link.html
var pageFiles embed.FS

//go:embed page.css
var pageStyle string

// pages are what readers of messages see: they need no script and nothing from elsewhere.
type pages struct {
	all    *template.Template
	policy string // Content-Security-Policy: our own style, nothing else
}

func newPages() (*pages, error) {
	all, err := template.New("").Funcs(template.FuncMap{"style": func() template.CSS {
		return template.CSS(pageStyle) //nolint:gosec // our own file
	}}).ParseFS(pageFiles, "*.html")
	if err != nil {
		return nil, err
	}
	return &pages{all: all, policy: stylePolicy() + "; form-action 'self'"}, nil
}

// stylePolicy allows a page nothing but our own style sheet.
func stylePolicy() string {
	sum := sha256.Sum256([]byte(pageStyle))
	return "default-src 'none'; base-uri 'none'; frame-ancestors 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

// show writes the page of a file.
func (p *pages) show(w http.ResponseWriter, status int, file string, view any) {
	var out bytes.Buffer
	if err := p.all.ExecuteTemplate(&out, file, view); err != nil {
		http.Error(w, "", http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", p.policy)
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Robots-Tag", "noindex")
	w.WriteHeader(status)
	_, _ = w.Write(out.Bytes())
}

// claimFor is what the link of a request says, if it was made for this purpose.
func (s *server) claimFor(r *http.Request, purpose string) (message.Claim, bool) {
	claim, err := s.Signer.Verify(r.PathValue("token"))
	return claim, err == nil && claim.Purpose == purpose
}

// known is what pages say of the workspace; they work without.
func (s *server) known(ctx context.Context) store.Settings {
	d, err := s.Store.Deployment(ctx)
	if err != nil {
		s.Log.Warn("the page goes without a name", zap.Error(err))
	}
	return d.Settings
}
