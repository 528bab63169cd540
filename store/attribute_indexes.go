package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// attributeIndex begins the names of indexes on attributes.
const attributeIndex = "profiles_attribute_"

// indexLock is the advisory lock of whoever builds indexes: one process at a time does.
const indexLock = 0x6d69_7874_6170_65 // "mixtape"

// IndexAttributes gives the attributes that the workspace declares an index each, so that rules find people
// by them, and takes it from those that it declares no more. Writes go on meanwhile. It may be stopped and run
// again at any time: an index that was left half built is built anew. Where another process is at it,
// there is nothing to do.
func (s *Store) IndexAttributes(ctx context.Context) error {
	d, err := s.Deployment(ctx)
	if err != nil {
		return err
	}
	conn, err := s.pool.Acquire(ctx)
	if err != nil {
		return err
	}
	defer conn.Release()
	work, err := indexWork(ctx, conn, d.Settings.Attributes)
	if err != nil || work.none() {
		return err
	}
	defer func() { // the session has settings that no other should have
		ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), rollbackTimeout)
		defer cancel()
		_, _ = conn.Exec(ending, "select pg_advisory_unlock_all()") // where it fails, the end of the session does so
		_ = conn.Conn().Close(ending)
	}()
	var ours bool
	if err := conn.QueryRow(ctx, "select pg_try_advisory_lock($1)", int64(indexLock)).Scan(&ours); err != nil || !ours {
		return err
	}
	if _, err := conn.Exec(ctx, "set statement_timeout = 0; set lock_timeout = 0"); err != nil {
		return err
	}
	if work, err = indexWork(ctx, conn, d.Settings.Attributes); err != nil { // as it is now that nobody else is at it
		return err
	}
	for _, name := range work.drop {
		for _, what := range []string{"statistics if exists", "index concurrently if exists"} {
			if _, err := conn.Exec(ctx, "drop "+what+" "+pgx.Identifier{name}.Sanitize()); err != nil {
				return err
			}
		}
	}
	for _, attribute := range work.build {
		if err := build(ctx, conn, attribute, d.Settings.Attributes[attribute]); err != nil {
			return fmt.Errorf("index of the attribute %s: %w", attribute, err)
		}
	}
	return nil
}

// indexing is what is to be done: the names of indexes that nobody wants or that were left half built, and
// the attributes that have none.
type indexing struct{ drop, build []string }

func (w indexing) none() bool { return len(w.drop)+len(w.build) == 0 }

func indexWork(ctx context.Context, conn *pgxpool.Conn, declared map[string]string) (w indexing, err error) {
	have, err := attributeIndexes(ctx, conn)
	if err != nil {
		return w, err
	}
	want := map[string]bool{}
	for _, attribute := range slices.Sorted(maps.Keys(declared)) {
		name, _ := indexOf(attribute, declared[attribute])
		if want[name] = true; !have[name] {
			w.build = append(w.build, attribute)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(have)) {
		if !want[name] || !have[name] {
			w.drop = append(w.drop, name)
		}
	}
	return w, nil
}

// indexOf names the index of an attribute and says how it is made, as rules ask for it. Text may be longer
// than an index bears: that is left out, and rules say that they look for a shorter one. An index by hash
// would bear it, but where most people have the same value every write goes through all of theirs.
func indexOf(attribute, kind string) (name, method string) {
	switch kind {
	case "number":
		method = "((rules.number(attributes -> %1$L)))"
	case "bool":
		method = "((rules.bool(attributes -> %1$L)))"
	default:
		method = "((attributes ->> %1$L)) where rules.short(attributes ->> %1$L) is not null"
	}
	sum := sha256.Sum256([]byte(attribute + "\x00" + method))
	return attributeIndex + hex.EncodeToString(sum[:8]), method
}

// attributeIndexes are those that there are, and whether each was built to its end.
func attributeIndexes(ctx context.Context, conn *pgxpool.Conn) (map[string]bool, error) {
	rows, err := conn.Query(ctx, `select c.relname, i.indisvalid from pg_index i join pg_class c on c.oid = i.indexrelid
		where i.indrelid = 'profiles'::regclass and starts_with(c.relname, $1)`, attributeIndex)
	if err != nil {
		return nil, err
	}
	have := map[string]bool{}
	var name string
	var valid bool
	_, err = pgx.ForEachRow(rows, []any{&name, &valid}, func() error { have[name] = valid; return nil })
	return have, err
}

func build(ctx context.Context, conn *pgxpool.Conn, attribute, kind string) error {
	name, method := indexOf(attribute, kind)
	index := pgx.Identifier{name}.Sanitize()
	if expression, _, partial := strings.Cut(method, " where "); partial {
		// Of how common a value is Postgres learns nothing from an index that leaves some out.
		if err := runFormatted(ctx, conn, "create statistics if not exists "+index+" on "+strings.TrimSuffix(strings.TrimPrefix(expression, "("), ")")+" from profiles", attribute); err != nil {
			return err
		}
	}
	if err := runFormatted(ctx, conn, "create index concurrently "+index+" on profiles "+method, attribute); err != nil {
		return err
	}
	_, err := conn.Exec(ctx, "analyze profiles") // an index on an expression says nothing before
	return err
}

// runFormatted runs a statement with the name of an attribute in it, as Postgres itself quotes it.
func runFormatted(ctx context.Context, conn *pgxpool.Conn, format, attribute string) error {
	var statement string
	err := conn.QueryRow(ctx, "select format($1, $2::text)", format, attribute).Scan(&statement)
	if err == nil {
		_, err = conn.Exec(ctx, statement)
	}
	return err
}
