-- name: UserProfile :one
-- The profile of a caller's user id, or the one that it went into.
with recursive chain as (
    select p.id, p.merged_into, 1 as depth from profiles p where p.user_id = @user_id
    union all
    select p.id, p.merged_into, c.depth + 1 from chain c join profiles p on p.id = c.merged_into where c.depth < 32
)
select chain.id from chain where chain.merged_into is null;

-- name: RunsMatching :many
select * from runs
where (journey = @journey or @journey = '') and (status = @status or @status = '') and (phase = @phase or @phase = '')
    and (step = @step or @step = '') and (coalesce(exit_reason, '') = @exit_reason::text or @exit_reason::text = '')
    and (profile_id = @profile or @profile = '') and id > @after
    and not (@written::boolean and starts_with(journey, '_send-'))
order by id limit @most;

-- name: RunByID :one
select * from runs where id = $1;

-- name: CountPaused :one
-- Runs that stand still because of a pause.
select count(*) from runs where status = 'active' and phase = 'paused' and (journey = @journey or @journey = '');

-- name: ActiveRunsOf :many
select id from runs where profile_id = @profile and journey = @journey and status = 'active' order by id;

-- name: ActiveByVersion :many
select journey, version, count(*) as runs from runs where status = 'active' group by 1, 2 order by 1, 2;

-- name: VersionsOf :many
select version, created_at from journey_versions where journey = $1 order by created_at desc, version;

-- name: VerdictOn :one
-- What was decided when an enrolment came for the first time.
select v.refused, v.run_id from events e join verdicts v on v.profile_id = e.profile_id and v.number = e.number
where e.profile_id = @profile and e.source = @source and e.id = @id and v.journey = @journey;

-- name: ProfileTimes :one
select created_at, updated_at from profiles where id = $1;
