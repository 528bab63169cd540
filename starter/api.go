package starter

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/mixtapehq/mixtape/store"
	"github.com/mixtapehq/mixtape/tracking"
)

// maxAPIBody is the size of a request of the management API: a whole workspace fits.
const maxAPIBody = 16 << 20

// maxPage is how many rows a list gives at once.
const maxPage = 500

// mountAPI serves the management API, its OpenAPI document and its documentation.
func (s *server) mountAPI(mux *http.ServeMux) error {
	version := s.Version
	if version == "" {
		version = "development"
	}
	config := huma.DefaultConfig("Mixtape", version)
	config.Info.Description = "Manage journeys, runs, profiles and messages. Authenticate with an admin key, as a bearer token or as the password of basic authentication. Events come in through the tracking API under /v1, which follows the public Segment specification."
	config.OpenAPIPath, config.DocsPath, config.SchemasPath, config.CreateHooks = "/api/openapi", "", "", nil
	config.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		"bearer": {Type: "http", Scheme: "bearer", Description: "an admin key"},
		"basic":  {Type: "http", Scheme: "basic", Description: "an admin key as the password"},
	}
	config.Security = []map[string][]string{{"bearer": {}}, {"basic": {}}}
	inner := http.NewServeMux()
	api := humago.New(inner, config)
	s.journeyAPI(api)
	s.publishAPI(api)
	s.pauseAPI(api)
	s.enrollAPI(api)
	s.audienceAPI(api)
	s.enrolmentAPI(api)
	s.runAPI(api)
	s.profileAPI(api)
	s.messageAPI(api)
	s.segmentAPI(api)
	s.deploymentAPI(api)
	s.keyAPI(api)
	docs, err := newDocs(api.OpenAPI())
	if err != nil {
		return err
	}
	mux.Handle("GET /api/docs", docs)
	mux.Handle("GET /api/openapi.json", inner)
	mux.Handle("GET /api/openapi.yaml", inner)
	inner.HandleFunc("/api/", func(w http.ResponseWriter, _ *http.Request) {
		(&refusal{status: http.StatusNotFound, Detail: "there is no such resource, or not with this method; see /api/docs"}).write(w)
	})
	// Browsers send basic authentication along by themselves, also on behalf of other sites.
	mux.Handle("/api/", http.NewCrossOriginProtection().Handler(s.administered(checked(s.routed(inner)))))
	return nil
}

type adminKey struct{}

// administered lets only admin keys in.
func (s *server) administered(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		// Not Basic: a browser would ask its user instead of telling the page.
		w.Header().Set("WWW-Authenticate", `Bearer realm="mixtape"`)
		given, bearer := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		if !bearer {
			user, password, _ := r.BasicAuth()
			given = password
			if given == "" {
				given = user
			}
		}
		given = strings.TrimSpace(given)
		if given == "" {
			(&refusal{status: http.StatusUnauthorized, Detail: "no admin key; send one as a bearer token"}).write(w)
			return
		}
		key, err := s.Store.FindKey(r.Context(), given)
		switch {
		case errors.Is(err, store.ErrNotFound):
			(&refusal{status: http.StatusUnauthorized, Detail: "this key is not known here, or was revoked"}).write(w)
		case err != nil:
			s.failed("finding an admin key", err).write(w)
		case key.Kind != store.AdminKey:
			(&refusal{status: http.StatusForbidden, Detail: "this is a " + string(key.Kind) + " key; the management API wants an admin key"}).write(w)
		default:
			w.Header().Del("WWW-Authenticate")
			w.Header().Set("Cache-Control", "no-store")
			next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), adminKey{}, key.Name)))
		}
	})
}

// operator names who asks, for the ledger.
func operator(ctx context.Context) string {
	name, _ := ctx.Value(adminKey{}).(string)
	return "the key " + name
}

// checked refuses text that the database has no room for, wherever it stands.
func checked(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		query, err := url.QueryUnescape(r.URL.RawQuery)
		if err != nil || !clean(query) || !clean(r.URL.Path) {
			(&refusal{status: http.StatusBadRequest, Detail: "the address is not UTF-8, or has a NUL character; remove it"}).write(w)
			return
		}
		if r.Body != nil && r.Body != http.NoBody {
			raw, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxAPIBody))
			if err != nil {
				no := unreadable(err, "the body could not be read to its end; send it again")
				if no.status == http.StatusRequestEntityTooLarge {
					no.Detail = "the request is larger than 16 MB"
				}
				no.write(w)
				return
			}
			if err := tracking.Storable(raw); err != nil {
				(&refusal{status: http.StatusBadRequest, Detail: "the body " + err.Error()}).write(w)
				return
			}
			r.Body = io.NopCloser(bytes.NewReader(raw))
		}
		next.ServeHTTP(w, r)
	})
}

func clean(s string) bool { return utf8.ValidString(s) && !strings.ContainsRune(s, 0) }

// apiError is what a caller of the management API hears of an error: nothing of our insides.
func (s *server) apiError(what string, err error) error {
	if errors.Is(err, store.ErrNotFound) {
		return huma.Error404NotFound(what + ": not known here")
	}
	if errors.Is(err, store.ErrErased) {
		return huma.Error410Gone(what + ": " + store.ErrErased.Error() + "; only an identify call with a server key lets them come back")
	}
	var told huma.StatusError
	if errors.As(err, &told) {
		return told
	}
	if unfit(err) {
		return huma.Error422UnprocessableEntity(what + ": a value cannot be stored; look for unusual ones")
	}
	no := s.failed(what, err)
	answer := error(huma.NewError(no.status, no.Detail))
	if no.status == http.StatusServiceUnavailable {
		return huma.ErrorWithHeaders(answer, http.Header{"Retry-After": {"2"}})
	}
	return answer
}

// Page is where a list goes on.
type Page struct {
	After string `query:"after" doc:"Go on behind this row: the next of the answer before."`
	Limit int    `query:"limit" minimum:"1" maximum:"500" default:"100" doc:"How many rows at most."`
}

func (p Page) most() int {
	if p.Limit < 1 || p.Limit > maxPage {
		return 100
	}
	return p.Limit
}

// next is the cursor of the row behind which the list goes on; empty when it was read to its end.
func next(n, most int, last func() string) string {
	if n < most {
		return ""
	}
	return last()
}
