-- name: SaveModel :exec
insert into models (id, name, data_from, data_to, features, parameters, metrics, baseline, promoted, why)
values (@id, @name, @data_from, @data_to, @features, @parameters, @metrics, @baseline, @promoted, @why) on conflict (id) do nothing;

-- name: Model :one
select * from models where id = @id;

-- name: LatestModels :many
-- With the training by whose model people are judged.
select distinct on (m.name) sqlc.embed(m), coalesce((select u.id from models u where u.name = m.name and u.promoted and u.created_at >= sqlc.arg(since)::timestamptz order by u.created_at desc limit 1), '')::text as in_use
from models m order by m.name, m.created_at desc;

-- name: PeopleCount :one
select count(*) from profiles where merged_into is null and erased_at is null;

-- name: PeoplePage :many
select id from profiles where id > @after and merged_into is null and erased_at is null order by id limit @most;

-- name: DoingsOf :many
-- What people did by themselves, in order.
select profile_id, name, time from events
where profile_id = any (@ids::text[]) and time < @until and tally.by_themselves(source, name)
order by profile_id, time;

-- name: AnswersOf :many
-- What was sent to them, and when a reader answered. Times are the zone's that they have now.
select m.profile_id, m.channel, m.sent_at, m.opened_at, m.clicked_at, coalesce(p.attributes ->> 'timezone', '')::text as zone
from messages m join profiles p on p.id = m.profile_id
where m.profile_id = any (@ids::text[]) and m.sent_at is not null and m.sent_at < @until and m.priority <> 'transactional'
order by m.profile_id, m.sent_at;

-- name: AddSamples :exec
insert into training_samples (training, profile_id, sample) select @training::text, unnest(@ids::text[]), unnest(@samples::text[])::jsonb on conflict do nothing;

-- name: Samples :many
select sample from training_samples where training = @training order by profile_id;

-- name: DropSamples :exec
delete from training_samples where training = @training or created_at < clock_timestamp() - interval '7 days';

-- name: WipeSamples :execrows
delete from training_samples where profile_id = any (@ids::text[]);

-- name: ComputedOf :many
select id, computed from profiles where id = any (@ids::text[]) and merged_into is null and erased_at is null order by id for no key update;

-- name: SaveComputeds :exec
update profiles p set computed = n.computed from (select unnest(@ids::text[]) as id, unnest(@computeds::text[])::jsonb as computed) n where p.id = n.id;

-- name: LiveSources :many
-- Where a score may be read: what new runs get, and what runs are on; and segments.
select v.source from journey_versions v where exists (select from journeys j where j.journey = v.journey and j.version = v.version and j.archived_at is null)
    or exists (select from runs r where r.journey = v.journey and r.version = v.version and r.status = 'active')
union all select s.rule from segments s where s.archived_at is null;

-- name: ValuesOf :many
-- With which values of a property people did something.
select profile_id, time, coalesce(properties ->> sqlc.arg(property)::text, '')::text as value from events
where profile_id = any (@ids::text[]) and name = any (@names::text[]) and time >= sqlc.arg(since)::timestamptz and time < sqlc.arg(until)::timestamptz
    and jsonb_typeof(properties -> sqlc.arg(property)::text) = 'string'
order by profile_id, time;

-- name: ObjectionsOf :many
-- When people unsubscribed or complained.
select profile_id, time from events where profile_id = any (@ids::text[]) and name in ('unsubscribed', 'message_complained') and time >= @since::timestamptz and time < @until::timestamptz
order by profile_id, time;

-- name: ModelInUse :one
select * from models where name = @name and promoted and created_at >= sqlc.arg(since)::timestamptz order by created_at desc limit 1;

-- name: EverUsed :one
select exists (select from models where name = @name and promoted);

-- name: DropModels :exec
delete from models where name = @name;

-- name: ModelBefore :one
select * from models where name = @name and created_at < sqlc.arg(before)::timestamptz order by created_at desc limit 1;

-- name: ForgetModels :execrows
-- The newest of each name stays.
delete from models m where m.id in (
    select o.id from models o where o.created_at < @before and exists (select from models n where n.name = o.name and n.created_at > o.created_at) limit @most);
