-- name: Run :one
-- With what may hold it: a pause of its journey or of everything.
-- And with what to do about one that was lifted: the choice of whoever resumed last.
select sqlc.embed(r), (j.paused_at is not null or d.paused_at is not null)::boolean as paused,
    coalesce(least(j.paused_at, d.paused_at), 'epoch')::timestamptz as paused_since,
    coalesce(greatest(j.resumed_at, d.resumed_at), 'epoch')::timestamptz as resumed_at,
    (case when d.resumed_at > coalesce(j.resumed_at, '-infinity') then d.resume_how else j.resume_how end)::text as resume_how,
    d.settings, d.sending_mode, d.redirect_to
from runs r join journeys j on j.journey = r.journey cross join deployment d
where r.id = $1;

-- name: ActiveRuns :many
select * from runs where profile_id = $1 and status = 'active' order by entered_at, id;

-- name: RunsInHand :many
-- What an event may concern: active runs, and entries whose goal may still come, the ended and the held-out too.
select * from runs where profile_id = $1 and (status = 'active' or (goal_at is null and goal_until > clock_timestamp())) order by entered_at, id;

-- name: InsertRun :exec
insert into runs (id, journey, version, profile_id, origin, n, key, status, overlapping, clock, state, judged, entered_at, goal_until)
values ($1, $2, $3, $4, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13);

-- name: NextN :one
select (coalesce(max(n), 0) + 1)::integer from runs where journey = $1 and origin = $2;

-- name: EarlierEntries :one
select coalesce(bool_or(status = 'active' and exit_wanted = ''), false)::boolean as active, count(*) as entries,
    coalesce(max(entered_at), 'epoch')::timestamptz as last
from runs where profile_id = $1 and journey = $2 and key = $3;

-- name: SaveRun :exec
update runs set state = @state, judged = @judged, exit_wanted = @exit_wanted, seq = @seq, phase = @phase, step = @step, why = @why,
    next_wake_at = @next_wake_at, status = @status, ended_at = @ended_at, exit_reason = @exit_reason, stuck_code = @stuck_code
where id = @id;

-- name: SetGoal :exec
update runs set goal_at = $2, goal_value = $3 where id = $1 and goal_at is null;

-- name: SetStuck :exec
update runs set stuck_code = @code::text, phase = 'stuck' where id = @id and status = 'active';

-- name: Unstick :many
update runs set stuck_code = null, phase = 'waiting' where stuck_code is not null and (id = @id or @id = '') returning id, seq;

-- name: Move :one
select move from moves where run_id = $1 and seq = $2;

-- name: InsertMove :exec
insert into moves (run_id, seq, move, cause) values ($1, $2, $3, $4);

-- name: Moves :many
select * from moves where run_id = $1 order by seq;

-- name: DeleteMoves :exec
delete from moves where run_id = $1;

-- name: RunsOfProfile :many
select * from runs where profile_id = $1 order by entered_at desc, id desc limit $2;

-- name: ActiveRunIDs :many
select id, seq, phase, entered_at from runs where status = 'active' and id > @after order by id limit @most;

-- name: PausedRuns :many
select r.id, r.seq from runs r join journeys j on j.journey = r.journey cross join deployment d
where r.status = 'active' and r.phase = 'paused' and (r.journey = @journey or @journey = '') and r.id > @after
    and j.paused_at is null and d.paused_at is null
order by r.id limit @most;

-- name: WaitingRuns :many
select id from runs where journey = @journey and status = 'active' and phase in ('waiting', 'held') and id > @after order by id limit @most;

-- name: CountActive :one
select count(*) from runs where status = 'active';

-- name: CountUnstarted :one
select count(distinct run_id) from outbox where kind = 'start';

-- name: ActiveAmong :many
-- Whose start is still to be told to Temporal is not missing there.
select r.id, r.seq from runs r where r.status = 'active' and r.id = any (@ids::text[])
    and not exists (select from outbox o where o.run_id = r.id and o.kind = 'start') order by r.id;

-- name: RekeyRuns :exec
update runs set profile_id = @into_id where profile_id = @from_id;

-- name: RunIDs :many
select id from runs where id > @after and entered_at >= @since and status <> 'held_out' order by id limit @most;

-- name: CountEntries :one
-- Of a journey since a moment, in runs of one clock; the held-out do not count.
select count(*) from runs where journey = @journey and entered_at >= @since::timestamptz and status <> 'held_out' and clock is not distinct from @clock::jsonb;

-- name: EntryCount :one
select entries from entry_counts where journey = $1 and period = $2;

-- name: SeedEntryCount :exec
insert into entry_counts (journey, period, entries) values ($1, $2, $3) on conflict do nothing;

-- name: TakeEntry :execrows
update entry_counts set entries = entries + 1 where journey = @journey and period = @period and entries < @most;

-- name: ForgetEntryCounts :execrows
delete from entry_counts where (journey, period) in
    (select e.journey, e.period from entry_counts e where e.period < @before limit @most);

-- name: InFlight :many
-- A page of the living runs that are to go on by the version that new runs get, and are not told so yet.
select r.id, r.profile_id from runs r join journeys j on j.journey = r.journey
where r.journey = @journey and r.status = 'active' and r.id > @after and j.version = @version::text
    and coalesce(r.migrate_to, r.version) <> @version::text
order by r.id limit @most;

-- name: WantMigration :many
update runs set migrate_to = nullif(@version::text, version) where id = any (@ids::text[]) and status = 'active' returning id;

-- name: MigrateRun :exec
update runs set version = @version, migrate_to = nullif(migrate_to, @version::text), goal_until = @goal_until where id = @id;

-- name: MigrateHeldOut :execrows
-- Entries that are only measured go along, or the two would be measured by different goals.
update runs set version = @version::text, goal_until = entered_at + @within::interval
where id in (select r.id from runs r join journeys j on j.journey = r.journey
    where r.journey = @journey and r.status = 'held_out' and r.version <> @version::text and j.version = @version::text
        and r.goal_at is null and (r.goal_until is null or r.goal_until > clock_timestamp())
    order by r.id limit @most);
