package store

import (
	"context"
	"encoding/json"
	"fmt"
	"io"

	"github.com/jackc/pgx/v5"
)

// exported are the parts of an export behind the profile, each with the statement that tells its rows as
// JSON. A profile has its rows by its own id: those of the profiles that were merged into it have moved.
const (
	exportedProfile = `select jsonb_build_object('id', p.id, 'user_id', p.user_id,
		'anonymous_ids', (select coalesce(jsonb_agg(a.anonymous_id order by a.anonymous_id), '[]') from anonymous_ids a where a.profile_id = p.id),
		'attributes', p.attributes, 'computed', p.computed, 'consents', p.consents, 'requested', p.requested, 'suppressed', p.suppressed,
		'devices', p.devices, 'segments', p.segments, 'created_at', p.created_at, 'updated_at', p.updated_at) from profiles p where p.id = $1`
	exportedConsents = `select jsonb_build_object('at', at, 'change', reason, 'topic', inputs -> 'topic', 'channel', inputs -> 'channel', 'source', inputs -> 'source',
		'journey', journey, 'step', step) from decisions where profile_id = $1 and kind = 'consent' order by at, id`
	exportedEvents = `select jsonb_build_object('number', number, 'id', id, 'source', source, 'name', name, 'properties', properties, 'changed', changed,
		'time', time, 'arrival', arrival, 'imported', imported) from events where profile_id = $1 order by number`
	exportedRuns = `select jsonb_build_object('id', id, 'journey', journey, 'version', version, 'key', key, 'status', status, 'step', step, 'why', why,
		'entry', state -> 'entry', 'results', state -> 'results', 'entered_at', entered_at, 'ended_at', ended_at, 'exit_reason', exit_reason,
		'goal_at', goal_at, 'goal_value', goal_value) from runs where profile_id = $1 order by entered_at, id`
	exportedMessages = `select jsonb_build_object('id', m.id, 'run', m.run_id, 'journey', m.journey, 'step', m.step, 'channel', m.channel, 'provider', m.provider,
		'template', m.template, 'locale', m.locale, 'topic', m.topic, 'address', m.address, 'originally_to', m.originally_to, 'subject', m.subject,
		'state', m.state, 'reason', m.reason, 'detail', m.detail, 'provider_id', m.provider_id, 'created_at', m.created_at, 'sent_at', m.sent_at,
		'sender', b.sender, 'html', b.html, 'body', b.body)
		from messages m left join message_bodies b on b.message_id = m.id where m.profile_id = $1 order by m.created_at, m.id`
	exportedCalls = `select jsonb_build_object('id', id, 'run', run_id, 'journey', journey, 'step', step, 'method', method, 'url', url, 'headers', headers,
		'body', body, 'state', state, 'reason', reason, 'status', status, 'answer', answer, 'created_at', created_at, 'done_at', done_at, 'mark', mark)
		from calls where profile_id = $1 order by created_at, id`
	exportedDecisions = `select jsonb_build_object('at', at, 'kind', kind, 'reason', reason, 'words', words, 'inputs', inputs, 'run', run_id, 'journey', journey,
		'version', version, 'step', step) from decisions where profile_id = $1 order by at, id`
	exportedRefusals = `select jsonb_build_object('journey', journey, 'reason', reason, 'count', count, 'last', last)
		from refusals where profile_id = $1 order by journey, reason`
	exportedAssignments = `select jsonb_build_object('experiment', experiment, 'version', version, 'variant', variant, 'chance', chance, 'context', context, 'run', run_id,
		'at', at, 'until', until, 'converted_at', converted_at, 'value', value, 'before', pre, 'unsubscribed_at', unsubscribed_at, 'complained_at', complained_at)
		from assignments where profile_id = $1 order by at, experiment`
	exportedSegments = `select jsonb_build_object('segment', segment, 'at', at, 'entered', entered, 'why', why, 'cause', cause)
		from segment_changes where profile_id = $1 order by at, segment`
)

// exportPage is how many rows are in memory at once.
const exportPage = 200

// Export writes everything that is held about a person, as one JSON object, as it was at one moment. It
// holds few rows at a time. What was written when it fails is no JSON.
func (s *Store) Export(ctx context.Context, id string, w io.Writer) error {
	return pgx.BeginTxFunc(ctx, s.pool, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		x := &export{tx: tx, w: w, profile: id}
		var profile json.RawMessage
		if err := tx.QueryRow(ctx, exportedProfile, id).Scan(&profile); err != nil {
			return notFound(err)
		}
		x.write("{\"profile\": ")
		x.write(string(profile))
		for _, part := range []struct{ name, sql string }{
			{"consents", exportedConsents}, {"events", exportedEvents}, {"runs", exportedRuns}, {"messages", exportedMessages},
			{"calls", exportedCalls}, {"decisions", exportedDecisions}, {"refusals", exportedRefusals}, {"segments", exportedSegments}, {"assignments", exportedAssignments},
		} {
			if err := x.part(ctx, part.name, part.sql); err != nil {
				return fmt.Errorf("%s: %w", part.name, err)
			}
		}
		x.write("}\n")
		return x.err
	})
}

type export struct {
	tx      pgx.Tx
	w       io.Writer
	profile string
	err     error
}

func (x *export) write(text string) {
	if x.err == nil {
		_, x.err = io.WriteString(x.w, text)
	}
}

// part writes a list. Each page is a statement of its own, so that a slow reader is no slow statement.
func (x *export) part(ctx context.Context, name, sql string) error {
	cursor := pgx.Identifier{"export_" + name}.Sanitize()
	if _, err := x.tx.Exec(ctx, "declare "+cursor+" no scroll cursor for "+sql, pgx.QueryExecModeSimpleProtocol, x.profile); err != nil {
		return err
	}
	x.write(",\n\"" + name + "\": [")
	for first := true; ; {
		rows, err := x.tx.Query(ctx, fmt.Sprintf("fetch %d from %s", exportPage, cursor), pgx.QueryExecModeSimpleProtocol)
		if err != nil {
			return err
		}
		page, err := pgx.CollectRows(rows, pgx.RowTo[json.RawMessage])
		if err != nil {
			return err
		}
		for _, row := range page {
			if !first {
				x.write(",")
			}
			x.write("\n  " + string(row))
			first = false
		}
		if x.err != nil {
			return x.err
		}
		if len(page) < exportPage {
			x.write("]")
			_, err := x.tx.Exec(ctx, "close "+cursor)
			return err
		}
	}
}
