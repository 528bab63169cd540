package store

import (
	"context"
	"encoding/json"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/mixtapehq/mixtape/store/queries"
)

// Version is a published journey; it never changes.
type Version struct {
	Journey   string
	Version   string
	Source    string            // the YAML file
	Templates map[string]string // file name -> source, those it sends and all partials
}

// Published is a journey of the deployment and the version that new runs get.
type Published struct {
	Journey  string
	Version  string
	PausedAt *time.Time
	Archived bool // gone from the workspace: no new runs
}

// Version reads a published version.
func (s *Store) Version(ctx context.Context, journey, version string) (Version, error) {
	row, err := s.q.JourneyVersion(ctx, queries.JourneyVersionParams{Journey: journey, Version: version})
	if err != nil {
		return Version{}, notFound(err)
	}
	v := Version{Journey: row.Journey, Version: row.Version, Source: row.Source}
	return v, json.Unmarshal(row.Templates, &v.Templates)
}

// Journeys reads what is published, in the order of their keys.
func (s *Store) Journeys(ctx context.Context) ([]Published, error) {
	return published(s.q.Journeys(ctx))
}

// Journeys reads what is published, within the transaction.
func (t *Tx) Journeys(ctx context.Context) ([]Published, error) {
	err := t.lookAround(ctx)
	return t.journeys, err
}

func published(rows []queries.Journey, err error) ([]Published, error) {
	if err != nil {
		return nil, err
	}
	all := make([]Published, len(rows))
	for i, r := range rows {
		all[i] = Published{Journey: r.Journey, Version: r.Version, PausedAt: r.PausedAt, Archived: r.ArchivedAt != nil}
	}
	return all, nil
}

// Deployment reads what holds for all journeys.
func (s *Store) Deployment(ctx context.Context) (Deployment, error) {
	return deployment(s.q.Deployment(ctx))
}

// Deployment reads what holds for all journeys, within the transaction.
func (t *Tx) Deployment(ctx context.Context) (Deployment, error) {
	err := t.lookAround(ctx)
	return t.deployment, err
}

// lookAround reads both, in one query, once in a transaction: these are short.
func (t *Tx) lookAround(ctx context.Context) error {
	if t.journeys != nil {
		return nil
	}
	row, err := t.q.DeploymentAndJourneys(ctx)
	if err != nil {
		return err
	}
	d := row.Deployment
	if t.deployment, err = deployment(queries.DeploymentRow{
		Settings: d.Settings, SendingMode: d.SendingMode, RedirectTo: d.RedirectTo, PausedAt: d.PausedAt,
	}, nil); err != nil {
		return err
	}
	t.deployment.FreshSegments = row.FreshSegments
	return json.Unmarshal(row.Journeys, &t.journeys)
}

func deployment(row queries.DeploymentRow, err error) (Deployment, error) {
	if err != nil {
		return Deployment{}, err
	}
	settings, err := settingsOf(row.Settings)
	return Deployment{Settings: settings, Mode: SendingMode(row.SendingMode), RedirectTo: row.RedirectTo, PausedAt: row.PausedAt}, err
}

// Publish makes a workspace the one that holds: its settings, and each journey's version for new
// runs. Journeys that it no longer has get no new runs; their runs go on. It returns those.
func (s *Store) Publish(ctx context.Context, settings Settings, versions []Version) (archived []string, err error) {
	if err := settings.check(); err != nil {
		return nil, err
	}
	err = pgx.BeginTxFunc(ctx, s.pool, pgx.TxOptions{}, func(tx pgx.Tx) error {
		q := queries.New(tx)
		before, err := lockSettings(ctx, q)
		if err != nil {
			return err
		}
		settings.Trends = before.Trends.Among(settings.Affinities)
		if err := settings.saveReference(ctx, q); err != nil {
			return err
		}
		if err := q.SaveSettings(ctx, encode(settings)); err != nil {
			return err
		}
		keep := make([]string, 0, len(versions))
		for _, v := range versions {
			keep = append(keep, v.Journey)
			err := q.PublishVersion(ctx, queries.PublishVersionParams{
				Journey: v.Journey, Version: v.Version, Source: v.Source, Templates: encode(orEmpty(v.Templates)), Listens: v.listens(),
			})
			if err != nil {
				return err
			}
			if err := q.PublishJourney(ctx, queries.PublishJourneyParams{Journey: v.Journey, Version: v.Version}); err != nil {
				return err
			}
		}
		if archived, err = q.ArchiveOthers(ctx, keep); err != nil {
			return err
		}
		return settings.publishSegments(ctx, q)
	})
	return archived, err
}

// SetSendingMode says whether messages leave.
func (s *Store) SetSendingMode(ctx context.Context, mode SendingMode, redirectTo string) error {
	return s.q.SetSendingMode(ctx, queries.SetSendingModeParams{SendingMode: string(mode), RedirectTo: redirectTo})
}

// RunCount counts runs that stand alike.
type RunCount = queries.RunCountsRow

// RunCounts counts the runs of a journey, or with an empty name of all, by where they stand.
func (s *Store) RunCounts(ctx context.Context, journey string) ([]RunCount, error) {
	return s.q.RunCounts(ctx, journey)
}

// listens are the events that may mean something to a version. One that does not compile, as from
// another release, might listen to any.
func (v Version) listens() []string {
	c, err := Compile(v, nil)
	if err != nil {
		return nil
	}
	return append([]string{}, c.Listens()...)
}
