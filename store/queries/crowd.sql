-- name: LockCrowd :many
-- Of many, in the order that everybody locks them in, in a statement of its own: what is read after it is as new as the locks.
select *, clock_timestamp()::timestamptz as now from profiles where id = any (@ids::text[]) order by id for no key update;

-- name: CrowdClock :one
select clock_timestamp()::timestamptz as now;

-- name: EventIDsTaken :many
select id from seen_events where source = @source and id = any (@ids::text[]);

-- name: KeepEventID :exec
-- Of one that is known to be free.
insert into seen_events (source, id) values ($1, $2);

-- name: EarlierEntriesOfCrowd :many
select profile_id, key, bool_or(status = 'active' and exit_wanted = '')::boolean as active, max(entered_at)::timestamptz as last
from runs where profile_id = any (@ids::text[]) and journey = @journey group by profile_id, key;

-- name: LastNOfCrowd :many
select origin, max(n)::integer as n from runs where journey = @journey and origin = any (@ids::text[]) group by origin;

-- name: KeepVerdict :exec
-- On an event that is new.
insert into verdicts (profile_id, number, journey, key, refused, run_id) values ($1, $2, $3, $4, $5, $6);
