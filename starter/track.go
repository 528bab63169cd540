package starter

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strings"
	"time"

	"go.uber.org/zap"

	"github.com/mixtapehq/mixtape/channels"
	"github.com/mixtapehq/mixtape/message"
)

const linkPage = "link.html"

// pixel is a picture of one transparent pixel.
const pixel = "GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff!\xf9\x04\x01\x00\x00\x00\x00,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;"

// recordTime bounds how long a happening is tried to be written down. Its reader is not waiting.
const recordTime = 10 * time.Second

// mountTrack serves the links and pictures by which messages tell of their readers. A link leads only where its signature says
// it does; the reader is led there at once, and also while nothing can be written down.
func (s *server) mountTrack(mux *http.ServeMux, pages *pages) {
	mux.HandleFunc("GET /l/{token}", func(w http.ResponseWriter, r *http.Request) {
		claim, ok := s.claimFor(r, message.PurposeClick)
		if !ok {
			pages.show(w, http.StatusNotFound, linkPage, nil)
			return
		}
		h := w.Header()
		h.Set("Cache-Control", "no-store")
		h.Set("Referrer-Policy", "no-referrer") // the token is the reader's
		h.Set("X-Robots-Tag", "noindex")
		http.Redirect(w, r, claim.URL, http.StatusFound)
		s.noticed(w, r, channels.Report{Kind: channels.Clicked, MessageID: claim.Message, URL: claim.URL})
	})
	mux.HandleFunc("GET /o/{file}", func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Type", "image/gif")
		h.Set("Cache-Control", "no-store, max-age=0")
		token, gif := strings.CutSuffix(r.PathValue("file"), ".gif")
		claim, err := s.Signer.Verify(token)
		known := gif && err == nil && claim.Purpose == message.PurposeOpen
		if !known {
			w.WriteHeader(http.StatusNotFound)
		}
		_, _ = w.Write([]byte(pixel))
		if known {
			s.noticed(w, r, channels.Report{Kind: channels.Opened, MessageID: claim.Message})
		}
	})
}

// noticed writes down what a reader's request tells, after the answer. Asking whether something is there (HEAD) tells nothing.
func (s *server) noticed(w http.ResponseWriter, r *http.Request, report channels.Report) {
	if r.Method != http.MethodGet {
		return
	}
	_ = http.NewResponseController(w).Flush()
	report.At, report.Machine = time.Now(), byMachine(r)
	report.ID = oncePer(report)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), recordTime)
	defer cancel()
	if err := s.happened(ctx, []channels.Report{report}); err != nil {
		s.Log.Warn("nothing was written down of a reader", zap.String("kind", string(report.Kind)), zap.Error(err))
	}
}

// oncePer is the id of a happening: mail clients load a picture twice and readers press twice, and that is one within a
// minute. A machine does not stand for the reader who comes in the same minute.
func oncePer(r channels.Report) string {
	who := "reader"
	if r.Machine {
		who = "machine"
	}
	to := sha256.Sum256([]byte(r.URL))
	return strings.Join([]string{string(r.Kind), who, r.At.UTC().Format("2006-01-02T15:04"), base64.RawURLEncoding.EncodeToString(to[:12])}, " ")
}
