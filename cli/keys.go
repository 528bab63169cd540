package cli

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/mixtapehq/mixtape/store"
)

// KeysCommand makes, lists and revokes keys.
type KeysCommand struct {
	Create KeysCreateCommand `cmd:"" help:"Make a key. It is shown this once."`
	List   KeysListCommand   `cmd:"" help:"List the keys, not what they are."`
	Revoke KeysRevokeCommand `cmd:"" help:"End a key, at once and for good."`
}

// KeyPlace is where keys are kept: behind the API, or in the database where no admin key exists yet.
type KeyPlace struct {
	Connection
	DatabaseURL string `placeholder:"URL" env:"MIXTAPE_DATABASE_URL" secret:"" help:"Postgres, to work without an admin key: for a deployment's first one."`
}

// KeysCreateCommand makes a key.
type KeysCreateCommand struct {
	KeyPlace
	Name string `arg:"" help:"Unique, such as backend or website: events that come with the key carry it as their source."`
	Kind string `enum:"server,client,admin" default:"server" help:"server: a backend's. client: a browser's or app's, public and limited. admin: of the management API. (server)"`
	JSON bool   `name:"json" help:"Print the key as JSON."`
}

// KeysListCommand lists keys.
type KeysListCommand struct {
	KeyPlace
	JSON bool `name:"json" help:"Print them as JSON."`
}

// KeysRevokeCommand ends a key.
type KeysRevokeCommand struct {
	KeyPlace
	Name string `arg:"" help:"The key's name."`
}

type keyRow struct {
	Name      string     `json:"name"`
	Kind      string     `json:"kind"`
	CreatedAt time.Time  `json:"created_at"`
	RevokedAt *time.Time `json:"revoked_at,omitempty"`
}

// keyring is a place where keys are kept.
type keyring interface {
	create(ctx context.Context, kind, name string) (string, error)
	list(ctx context.Context) ([]keyRow, error)
	revoke(ctx context.Context, name string) error
	close()
}

func (p KeyPlace) keyring(ctx context.Context) (keyring, error) {
	if p.DatabaseURL != "" && p.AdminKey == "" {
		s, err := store.Open(ctx, p.DatabaseURL, store.Options{MaxConns: 1})
		if err != nil {
			return nil, err
		}
		return storedKeys{s}, nil
	}
	server, err := p.open()
	if err != nil {
		return nil, err
	}
	return apiKeys{server}, nil
}

// Run makes a key.
func (k *KeysCreateCommand) Run(c *Call) error {
	ring, err := k.keyring(c)
	if err != nil {
		return err
	}
	defer ring.close()
	key, err := ring.create(c, k.Kind, k.Name)
	if err != nil {
		return err
	}
	if k.JSON {
		return c.printJSON(map[string]string{"name": k.Name, "kind": k.Kind, "key": key})
	}
	c.printf("%s\n", key)
	return nil
}

// Run lists keys.
func (k *KeysListCommand) Run(c *Call) error {
	ring, err := k.keyring(c)
	if err != nil {
		return err
	}
	defer ring.close()
	rows, err := ring.list(c)
	if err != nil {
		return err
	}
	if k.JSON {
		return c.printJSON(map[string]any{"keys": rows})
	}
	t := tabwriter.NewWriter(c.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "NAME\tKIND\tCREATED\tREVOKED")
	for _, r := range rows {
		revoked := "-"
		if r.RevokedAt != nil {
			revoked = r.RevokedAt.Local().Format(time.DateTime)
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\n", r.Name, r.Kind, r.CreatedAt.Local().Format(time.DateTime), revoked)
	}
	return t.Flush()
}

// Run ends a key.
func (k *KeysRevokeCommand) Run(c *Call) error {
	ring, err := k.keyring(c)
	if err != nil {
		return err
	}
	defer ring.close()
	if err := ring.revoke(c, k.Name); err != nil {
		return err
	}
	c.printf("%s is revoked\n", k.Name)
	return nil
}

type apiKeys struct{ *api }

func (k apiKeys) close() {}

func (k apiKeys) create(ctx context.Context, kind, name string) (string, error) {
	var made struct {
		Key string `json:"key"`
	}
	err := k.manage(ctx, http.MethodPost, "/api/keys", map[string]string{"name": name, "kind": kind}, &made)
	return made.Key, err
}

func (k apiKeys) list(ctx context.Context) ([]keyRow, error) {
	var all struct {
		Keys []keyRow `json:"keys"`
	}
	err := k.manage(ctx, http.MethodGet, "/api/keys", nil, &all)
	return all.Keys, err
}

func (k apiKeys) revoke(ctx context.Context, name string) error {
	return k.manage(ctx, http.MethodDelete, "/api/keys/"+segment(name), nil, nil)
}

type storedKeys struct{ store *store.Store }

func (k storedKeys) close() { k.store.Close() }

func (k storedKeys) create(ctx context.Context, kind, name string) (string, error) {
	known, err := k.list(ctx)
	if err != nil {
		return "", err
	}
	if slices.ContainsFunc(known, func(r keyRow) bool { return r.Name == name }) {
		return "", failed("a key of the name %s exists, or existed: its events carry the name; take another", name)
	}
	return k.store.NewKey(ctx, store.KeyKind(kind), name)
}

func (k storedKeys) list(ctx context.Context) ([]keyRow, error) {
	rows, err := k.store.Keys(ctx)
	all := make([]keyRow, len(rows))
	for i, r := range rows {
		all[i] = keyRow{Name: r.Name, Kind: r.Kind, CreatedAt: r.CreatedAt, RevokedAt: r.RevokedAt}
	}
	return all, err
}

func (k storedKeys) revoke(ctx context.Context, name string) error {
	err := k.store.RevokeKey(ctx, name)
	if errors.Is(err, store.ErrNotFound) {
		return failed("there is no key %s, or it was revoked before", name)
	}
	return err
}
