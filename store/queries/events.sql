-- name: TakeEventID :one
-- Nothing comes back for an id that was taken before.
insert into seen_events (source, id) values ($1, $2) on conflict do nothing returning id;

-- name: InsertEvent :exec
insert into events (profile_id, number, id, source, name, properties, changed, time, arrival, chain, start)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11);

-- name: EventsAfter :many
select sqlc.embed(e), exists (select from dispatch_failures f where f.profile_id = e.profile_id and f.number = e.number) as failed
from events e where e.profile_id = @profile_id and e.number > @after and not e.imported order by e.number limit @most;

-- name: EventsOfProfile :many
select * from events where profile_id = $1 order by number desc limit $2;

-- name: MoveEvents :exec
update events set profile_id = @into_id, number = number + @shift::bigint, moved = number <= @dispatched::bigint where profile_id = @from_id;

-- name: NoteName :exec
insert into seen_names (kind, name) select @kind, unnest(@names::text[]) on conflict do nothing;

-- name: SeenNames :many
select name from seen_names where kind = $1 order by name limit 5000;

-- name: ForgetSeenEvents :execrows
delete from seen_events where (source, id) in
    (select s.source, s.id from seen_events s where s.arrival < @before order by s.arrival limit @most);

-- name: ForgetEvents :execrows
-- Under the locks of their profiles, in the order in which everybody takes them: a day that was added up is written by
-- whoever adds an event, too, and the two must not wait for each other.
with old as materialized (select e.profile_id, e.number from events e where e.arrival < @before limit @most),
    held as materialized (select p.id from profiles p where p.id in (select o.profile_id from old o) order by p.id for no key update)
delete from events e using old o where (select count(*) from held) >= 0 and e.profile_id = o.profile_id and e.number = o.number;
