package store

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"

	"github.com/mixtapehq/mixtape/store/queries"
)

// KeyKind is what a key may do.
type KeyKind string

// The kinds of keys.
const (
	ServerKey KeyKind = "server" // tracks, identifies, merges
	ClientKey KeyKind = "client" // the same within a browser's limits; it is public
	AdminKey  KeyKind = "admin"  // the management API
)

// Key is a key as it is known here: never the key itself.
type Key struct {
	Kind KeyKind
	Name string // the source of the events that come with it
}

// NewKey makes a key and returns it, for the only time.
func (s *Store) NewKey(ctx context.Context, kind KeyKind, name string) (string, error) {
	raw := make([]byte, 24)
	if _, err := rand.Read(raw); err != nil {
		return "", err
	}
	key := fmt.Sprintf("mx_%s_%s", kind, base64.RawURLEncoding.EncodeToString(raw))
	return key, s.AddKey(ctx, kind, name, key)
}

// AddKey takes a key that was made elsewhere.
func (s *Store) AddKey(ctx context.Context, kind KeyKind, name, key string) error {
	err := s.q.InsertKey(ctx, queries.InsertKeyParams{Hash: hash(key), Kind: string(kind), Name: name})
	if isCode(err, "23505") {
		return fmt.Errorf("a key named %q exists already: revoke it, or take another name", name)
	}
	return err
}

// FindKey returns what a key may do, or ErrNotFound.
func (s *Store) FindKey(ctx context.Context, key string) (Key, error) {
	row, err := s.q.KeyByHash(ctx, hash(key))
	return Key{Kind: KeyKind(row.Kind), Name: row.Name}, notFound(err)
}

// KeyRow is a key in a list.
type KeyRow = queries.KeysRow

// Keys lists the keys.
func (s *Store) Keys(ctx context.Context) ([]KeyRow, error) { return s.q.Keys(ctx) }

// RevokeKey ends a key.
func (s *Store) RevokeKey(ctx context.Context, name string) error {
	return found(s.q.RevokeKey(ctx, name))
}

func hash(key string) []byte {
	sum := sha256.Sum256([]byte(key))
	return sum[:]
}
