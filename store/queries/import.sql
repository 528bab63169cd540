-- name: BeginImport :one
-- One that was begun before goes on where it is.
insert into imports (id, kind, name, source) values ($1, $2, $3, $4)
on conflict (id) do update set name = imports.name returning *;

-- name: ForgetImport :exec
delete from imports where id = $1;

-- name: LockImport :one
select * from imports where id = $1 for update;

-- name: MoveImport :exec
update imports set rows_done = @rows_done, rejected = @rejected where id = @id;

-- name: FinishImport :exec
update imports set finished_at = clock_timestamp() where id = $1;

-- name: LockThisImport :one
-- Held by the connection, until it ends.
select pg_try_advisory_lock(hashtextextended('mixtape import ' || @id::text, 0));

-- name: PeopleByUser :many
select user_id::text as name, id, user_id::text as user_id, merged_into from profiles where user_id = any (@names::text[]);

-- name: PeopleByAnonymous :many
select a.anonymous_id as name, p.id, coalesce(p.user_id, '') as user_id, p.merged_into
from anonymous_ids a join profiles p on p.id = a.profile_id where a.anonymous_id = any (@names::text[]);

-- name: PeopleByEmail :many
select (attributes ->> 'email')::text as name, id, coalesce(user_id, '') as user_id, merged_into
from profiles where attributes ->> 'email' = any (@names::text[]) and merged_into is null order by id;

-- name: MergedInto :many
-- Where people went who were merged.
with recursive way as (
    select id, id as at, merged_into, user_id, 0 as depth from profiles where id = any (@ids::text[])
    union all
    select w.id, p.id, p.merged_into, p.user_id, w.depth + 1 from way w join profiles p on p.id = w.merged_into where w.depth < 8)
select way.id, way.at::text as at, coalesce(way.user_id, '') as user_id from way where way.merged_into is null;

-- name: LockPeople :many
-- In the order in which everybody locks them. Under the lock they are read as they are.
select id, coalesce(user_id, '') as user_id, merged_into, attributes, consents, suppressed, devices, last_number, dispatched
from profiles where id = any (@ids::text[]) order by id for no key update;

-- name: TakeEventIDs :many
insert into seen_events (source, id) select @source, w.id from unnest(@ids::text[]) w (id) order by w.id on conflict do nothing returning id;

-- name: ReturnEventIDs :exec
delete from seen_events where source = @source and id = any (@ids::text[]);

-- name: SaveImported :exec
-- What is empty stays as it is. Events that were judged up to the last are so afterwards.
update profiles p set user_id = coalesce(p.user_id, nullif(w.user_id, '')), attributes = coalesce(nullif(w.attributes, '')::jsonb, p.attributes),
    consents = coalesce(nullif(w.consents, '')::jsonb, p.consents), suppressed = coalesce(nullif(w.suppressed, '')::jsonb, p.suppressed),
    devices = coalesce(nullif(w.devices, '')::jsonb, p.devices), last_number = w.last_number,
    dispatched = case when p.dispatched = p.last_number then w.last_number else p.dispatched end,
    updated_at = case when w.attributes || w.consents || w.suppressed || w.devices || w.user_id = ''
        then p.updated_at else clock_timestamp() end
from (select unnest(@ids::text[]) as id, unnest(@user_ids::text[]) as user_id, unnest(@attributes::text[]) as attributes,
    unnest(@consents::text[]) as consents, unnest(@suppressed::text[]) as suppressed, unnest(@devices::text[]) as devices,
    unnest(@last_numbers::bigint[]) as last_number) w
where p.id = w.id;

-- name: RunsOfPeople :many
select id, journey, version, profile_id from runs where profile_id = any (@ids::text[]) and status = 'active';

-- name: ForgetImports :execrows
-- Of files that are in. One that was left half-way may go on at any time.
delete from imports where id in (select i.id from imports i where i.finished_at < @before order by i.finished_at limit @most);
