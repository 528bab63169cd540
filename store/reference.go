package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"github.com/mixtapehq/mixtape/rules"
	"github.com/mixtapehq/mixtape/segment"
	"github.com/mixtapehq/mixtape/store/queries"
)

// Reference is what rules look things up in: all that the workspace has of each. As it may be large
// it is kept apart from the settings, which are read for every event: Tx.Deployment leaves it out, and
// Library puts it back.
type Reference struct {
	Segments  []Segment                 `json:"segments,omitempty"`
	Catalogs  map[string]rules.Catalog  `json:"catalogs,omitempty"`
	Calendars map[string]rules.Calendar `json:"calendars,omitempty"`
}

// Segment is a named rule.
type Segment = segment.Definition

// MaxReference is how many bytes a Reference may have: with the journeys it fits into one publication, and
// each process keeps it in memory once.
const MaxReference = 8 << 20

// Size is how many bytes it has, as it is published.
func (r *Reference) Size() int {
	if r.empty() {
		return 0
	}
	return len(encode(r))
}

func (r *Reference) empty() bool { return len(r.Segments)+len(r.Catalogs)+len(r.Calendars) == 0 }

// save keeps the reference of settings, and names it in them.
func (s *Settings) saveReference(ctx context.Context, q *queries.Queries) error {
	s.ReferenceID = ""
	if s.empty() {
		return nil
	}
	content := encode(s.Reference)
	sum := sha256.Sum256(content)
	s.ReferenceID = hex.EncodeToString(sum[:8])
	return q.SaveReference(ctx, queries.SaveReferenceParams{ID: s.ReferenceID, Content: content})
}

// reference reads a reference by its name in the settings; the empty name has nothing in it.
func (s *Store) reference(ctx context.Context, id string) (Reference, error) {
	return reference(ctx, s.q, id)
}

func reference(ctx context.Context, q *queries.Queries, id string) (r Reference, err error) {
	if id == "" {
		return r, nil
	}
	raw, err := q.Reference(ctx, id)
	if err != nil {
		return r, fmt.Errorf("reference %s: %w", id, notFound(err))
	}
	return r, json.Unmarshal(raw, &r)
}
