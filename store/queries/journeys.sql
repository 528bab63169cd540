-- name: Deployment :one
select *, clock_timestamp()::timestamptz as now from deployment;

-- name: DeploymentAndJourneys :one
-- In one query, for it is asked for every event. The keys are the fields of Published.
select sqlc.embed(d), coalesce((
    select jsonb_agg(jsonb_build_object('Journey', j.journey, 'Version', j.version, 'PausedAt', j.paused_at, 'Archived', j.archived_at is not null) order by j.journey)
    from journeys j), '[]')::jsonb as journeys,
    array(select s.segment from segments s where s.computed in ('', 'gone') and s.archived_at is null)::text[] as fresh_segments
from deployment d;

-- name: SaveSettings :exec
update deployment set settings = $1, applied_at = clock_timestamp();

-- name: SetSendingMode :exec
update deployment set sending_mode = $1, redirect_to = $2;

-- name: PauseAll :exec
update deployment set paused_at = coalesce(paused_at, clock_timestamp());

-- name: ResumeAll :one
-- A pause that is lifted already keeps what was chosen when it was.
update deployment set paused_at = null,
    resumed_at = case when paused_at is null then resumed_at else clock_timestamp() end,
    resume_how = case when paused_at is null then resume_how else @how end
returning resume_how;

-- name: PublishVersion :exec
insert into journey_versions (journey, version, source, templates, listens) values ($1, $2, $3, $4, $5)
on conflict (journey, version) do update set listens = excluded.listens;

-- name: PublishJourney :exec
insert into journeys (journey, version) values ($1, $2)
on conflict (journey) do update set version = excluded.version, archived_at = null, published_at = clock_timestamp();

-- name: ArchiveOthers :many
update journeys set archived_at = clock_timestamp() where journey <> all (@keep::text[]) and archived_at is null returning journey;

-- name: Journeys :many
select * from journeys order by journey;

-- name: JourneyVersion :one
select * from journey_versions where journey = $1 and version = $2;

-- name: PauseJourney :execrows
update journeys set paused_at = coalesce(paused_at, clock_timestamp()) where journey = $1;

-- name: ResumeJourney :one
update journeys set paused_at = null,
    resumed_at = case when paused_at is null then resumed_at else clock_timestamp() end,
    resume_how = case when paused_at is null then resume_how else @how end
where journey = @journey
returning resume_how;

-- name: RunCounts :many
select journey, version, status, phase, step, coalesce(exit_reason, '')::text as exit_reason, count(*) as runs, count(goal_at) as goals
from runs where journey = @journey or @journey = '' group by 1, 2, 3, 4, 5, 6 order by 1, 2, 3, 4, 5, 6;

-- name: SaveReference :exec
-- One that comes again is young again, so that nobody forgets it meanwhile.
insert into reference (id, content) values ($1, $2) on conflict (id) do update set created_at = clock_timestamp();

-- name: ForgetReference :execrows
delete from reference where created_at < @before and id <> coalesce((select d.settings ->> 'reference' from deployment d), '');

-- name: Reference :one
select content from reference where id = $1;

-- name: LockSettings :one
select settings from deployment for update;

-- name: SaveTrends :exec
update deployment set settings = $1;

-- name: JourneysReading :many
-- In which runs are under way by a version whose source has the text.
select distinct v.journey from journey_versions v where position(@words::text in v.source) > 0
    and exists (select from runs r where r.journey = v.journey and r.version = v.version and r.status = 'active') order by 1;
