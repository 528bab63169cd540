-- name: LockProfile :one
-- The lock, in a statement of its own: what is read after it is as new as the lock.
select *, clock_timestamp()::timestamptz as now from profiles where id = $1 for no key update;

-- name: LockProfileOfRun :one
select *, clock_timestamp()::timestamptz as now from profiles
where id = (select r.profile_id from runs r where r.id = $1) for no key update;

-- name: LockNextPending :one
-- The profile that has waited longest for dispatch, passing over those that somebody has in hand.
select *, clock_timestamp()::timestamptz as now from profiles
where pending_since is not null and (retry_at is null or retry_at <= clock_timestamp())
order by pending_since limit 1 for no key update skip locked;

-- name: Profile :one
select *, clock_timestamp()::timestamptz as now from profiles where id = $1;

-- name: ProfileIDByUser :one
select id from profiles where user_id = $1;

-- name: ProfileIDByAnonymous :one
select profile_id from anonymous_ids where anonymous_id = $1;

-- name: AnonymousIDs :many
select anonymous_id from anonymous_ids where profile_id = $1 order by anonymous_id;

-- name: InsertProfile :one
insert into profiles (id, user_id) values ($1, $2) on conflict do nothing returning id;

-- name: InsertAnonymousID :exec
-- An id that was an erased person's stays nobody's.
insert into anonymous_ids (anonymous_id, profile_id)
select @anonymous_id::text, @profile_id::text where not exists (select from erased_ids e where e.hash = erased_hash('anonymous', @anonymous_id::text))
on conflict (anonymous_id) do nothing;

-- name: SetUserID :exec
update profiles set user_id = $2, updated_at = clock_timestamp() where id = $1;

-- name: SaveProfile :exec
update profiles set attributes = $2, consents = $3, suppressed = $4, devices = $5, requested = $6, updated_at = clock_timestamp() where id = $1;

-- name: SaveComputed :exec
update profiles set computed = $2, updated_at = clock_timestamp() where id = $1;

-- name: NumberEvents :exec
-- An event that no version and no segment listens to needs no dispatch, unless others wait before it. The first one is what
-- somebody is known by: all segments look.
update profiles p set last_number = w.number,
    dispatched = case when w.heard or p.dispatched < w.number - 1 then p.dispatched else w.number end,
    pending_since = case when w.heard or p.dispatched < w.number - 1 then coalesce(p.pending_since, clock_timestamp()) end,
    retry_at = null
from (select @id::text as id, @last_number::bigint as number,
    @change::boolean or exists (select from journey_versions v where v.listens is null or @name::text = any (v.listens))
        or exists (select from segments s where s.archived_at is null and (@last_number::bigint = 1 or @name::text = any (s.listens))) as heard) w
where p.id = w.id;

-- name: MarkDispatched :exec
update profiles set dispatched = @dispatched,
    pending_since = case when last_number > @dispatched then pending_since end, retry_at = null
where id = @id;

-- name: RetryDispatchLater :exec
update profiles set retry_at = clock_timestamp() + interval '1 millisecond' * @delay_ms::bigint where id = @id;

-- name: RetireProfile :exec
update profiles set merged_into = @into_id::text, pending_since = null, attributes = '{}', computed = '{}', segments = '{}', devices = '[]' where id = @id;

-- name: MoveAnonymousIDs :exec
update anonymous_ids set profile_id = @into_id where profile_id = @from_id;

-- name: ListProfiles :many
select id, coalesce(user_id, '') as user_id, attributes, updated_at from profiles
where merged_into is null and erased_at is null and id > @after order by id limit @most;

-- name: ProfileIDByEmail :one
select id from profiles where attributes ->> 'email' = @email::text and merged_into is null order by id limit 1;

-- name: LockProfiles :many
-- Of many, in the order that everybody locks them in.
select id from profiles where id = any (@ids::text[]) order by id for no key update;
