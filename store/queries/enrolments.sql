-- name: InsertEnrolment :exec
-- An occurrence of a schedule may be opened twice.
insert into enrolments (id, journey, source, audience, occurrence, per_minute, spread_ms, state, why, part, total, created_by, started_at, finished_at)
values (@id, @journey, @source, @audience, @occurrence, @per_minute, @spread_ms, @state, @why, @part, @total, @created_by, @started_at, @finished_at)
on conflict (id) do nothing;

-- name: Enrolment :one
select sqlc.embed(e), clock_timestamp()::timestamptz as now, (d.paused_at is not null)::boolean as all_paused,
    coalesce(j.paused_at is not null, false)::boolean as journey_paused, coalesce(j.archived_at is not null, true)::boolean as archived
from enrolments e left join journeys j on j.journey = e.journey cross join deployment d
where e.id = $1;

-- name: Enrolments :many
-- Newest first.
select * from enrolments e
where (e.journey = @journey or @journey = '') and e.state <> 'draft'
    and (@before::text = '' or (e.created_at, e.id) < (select b.created_at, b.id from enrolments b where b.id = @before))
order by e.created_at desc, e.id desc limit @most;

-- name: OpenEnrolments :many
select id, journey, source, state from enrolments where state in ('running', 'paused') order by id;

-- name: BeginEnrolment :execrows
update enrolments set state = 'running', started_at = clock_timestamp() where id = $1 and state = 'draft';

-- name: CountDraft :exec
update enrolments set total = (select count(*) from enrolment_ids i where i.enrolment = $1) where id = $1 and state = 'draft';

-- name: PauseEnrolment :execrows
update enrolments set state = 'paused' where id = $1 and state in ('running', 'paused');

-- name: ResumeEnrolment :execrows
update enrolments set state = 'running' where id = $1 and state in ('running', 'paused');

-- name: EndEnrolment :execrows
update enrolments set state = @state, why = @why, finished_at = clock_timestamp(),
    total = case when @state::text = 'done' then greatest(seen, total) else total end
where id = @id and state in ('draft', 'running', 'paused');

-- name: MoveEnrolment :execrows
-- Only from where it was read: of two who have it in hand one comes too late.
update enrolments set part = @part, zone = @zone, after_id = @after_id, seen = @seen, entered = @entered, refused = @refused
where id = @id and state in ('running', 'paused') and seen = @was_seen and part is not distinct from @was_part
    and zone = @was_zone and after_id = @was_after;

-- name: AddEnrolmentIDs :exec
insert into enrolment_ids (enrolment, profile_id) select @enrolment, unnest(@ids::text[]) on conflict do nothing;

-- name: EnrolmentIDs :many
select profile_id from enrolment_ids where enrolment = @enrolment and profile_id > @after order by profile_id limit @most;

-- name: UsersNamed :many
select p.user_id::text as user_id, coalesce(p.merged_into, p.id)::text as id from profiles p
where p.user_id = any (@users::text[]) and p.erased_at is null;

-- name: ZonesPresent :many
-- Of those that there are, with somebody in each.
select z.name::text as name from (select unnest(@zones::text[]) as name) z
where exists (select from profiles p where coalesce(p.attributes ->> 'timezone', '') = z.name and p.merged_into is null);

-- name: NextZone :one
-- The next that anybody has, known or not.
select coalesce(p.attributes ->> 'timezone', '')::text as zone from profiles p
where coalesce(p.attributes ->> 'timezone', '') > @after::text
order by coalesce(p.attributes ->> 'timezone', '') limit 1;

-- name: EnqueueStart :exec
-- Of one of many: below live traffic, and maybe later.
insert into outbox (run_id, kind, rank, due) values (@run_id, 'start', 1, clock_timestamp() + interval '1 millisecond' * @after_ms::bigint);

-- name: ForgetEnrolments :execrows
delete from enrolments where id in
    (select e.id from enrolments e where e.created_at < @before and e.state not in ('running', 'paused') order by e.created_at limit @most);

-- name: ForgetEnrolmentIDs :execrows
-- Of enrolments that are over, or were never begun.
delete from enrolment_ids where (enrolment, profile_id) in
    (select i.enrolment, i.profile_id from enrolment_ids i left join enrolments e on e.id = i.enrolment
     where e.id is null or e.state in ('done', 'cancelled') or (e.state = 'draft' and e.created_at < @before) limit @most);

-- name: Schedules :many
select * from schedules order by journey;

-- name: SaveSchedule :one
-- Since when it is as it is: of one that was changed, since it was published.
insert into schedules (journey, definition, since)
select @journey, @definition, j.published_at from journeys j where j.journey = @journey
on conflict (journey) do update set definition = excluded.definition,
    since = case when schedules.definition = excluded.definition then schedules.since else excluded.since end
returning since;

-- name: ScheduledSince :one
select since from schedules where journey = $1;

-- name: DeleteSchedule :exec
delete from schedules where journey = $1;

-- name: OccurrencesSince :many
select occurrence::timestamptz from enrolments where journey = @journey and source = 'schedule' and occurrence >= @since::timestamptz order by occurrence;
