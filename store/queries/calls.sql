-- name: InsertCall :one
-- A run that comes to its call again, as after a pause, finds the one it made before.
insert into calls (id, run_id, journey, version, step, visit, profile_id, method, url, headers, body, mark, timeout_ms, state, reason)
values (@id, @run_id, @journey, @version, @step, @visit, @profile_id, @method, @url, @headers, @body, @mark, @timeout_ms, @state, @reason)
on conflict (run_id, visit) do update set id = calls.id
returning id, state;

-- name: CallOfVisit :one
select * from calls where run_id = $1 and visit = $2;

-- name: Call :one
select * from calls where id = $1;

-- name: CallsOfRun :many
select * from calls where run_id = $1 order by visit;

-- name: BeginCall :one
-- Counts an attempt, if nothing forbids it at this moment; one whose run has to look first is not made.
update calls c set attempts = c.attempts + 1
from runs r, profiles p, journeys j, deployment d
where c.id = @id and c.state = 'asked' and r.id = c.run_id and p.id = r.profile_id and j.journey = c.journey
    and coalesce(r.status, '') = 'active' and r.exit_wanted = '' and greatest(r.judged, p.dispatched) >= p.last_number
    and j.paused_at is null and d.paused_at is null and p.erased_at is null
returning sqlc.embed(c), coalesce((d.settings #>> '{calls,private_addresses}')::boolean, false)::boolean as private_addresses;

-- name: FinishCall :execrows
update calls set state = @state, reason = @reason, status = @status, answer = @answer, done_at = clock_timestamp()
where id = @id and state = 'asked';

-- name: RekeyCalls :exec
update calls set profile_id = @into_id where profile_id = @from_id;

-- name: ForgetCalls :execrows
delete from calls where id in (select c.id from calls c where c.created_at < @before and c.state <> 'asked' limit @most);
