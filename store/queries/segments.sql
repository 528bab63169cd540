-- name: PublishSegment :exec
-- A rule that comes back is computed anew: by the one in between, people have come and gone.
insert into segments (segment, place, name, rule, hash, listens) values ($1, $2, $3, $4, $5, $6)
on conflict (segment) do update set place = excluded.place, name = excluded.name, rule = excluded.rule, hash = excluded.hash,
    listens = excluded.listens, archived_at = null,
    published_at = case when segments.hash = excluded.hash then segments.published_at else clock_timestamp() end,
    filled = case when segments.hash = excluded.hash then segments.filled else '' end,
    checked = case when segments.hash = excluded.hash then segments.checked else '' end,
    computed = case when segments.hash <> excluded.hash and segments.computed = excluded.hash then 'again' else segments.computed end;

-- name: ArchiveOtherSegments :exec
update segments set archived_at = clock_timestamp(), hash = 'gone', listens = '{}', filled = '', checked = '',
    computed = case when computed = 'gone' then '' else computed end
where segment <> all (@keep::text[]) and archived_at is null;

-- name: SaveSegments :exec
update profiles set segments = $2 where id = $1;

-- name: InsertSegmentChanges :exec
insert into segment_changes (segment, profile_id, at, entered, why, cause)
select c.segment, @profile_id, @at, c.entered, @why, @cause
from (select unnest(@segments::text[]) as segment, unnest(@entered::boolean[]) as entered) c;

-- name: ArmSegments :exec
-- A row moves only earlier: what merely postpones a flip costs nothing, and the row that fires too early is armed anew.
insert into segment_due as d (profile_id, segment, at)
select @profile_id, w.segment, w.at from (select unnest(@segments::text[]) as segment, unnest(@ats::timestamptz[]) as at) w
on conflict (profile_id, segment) do update set at = excluded.at where excluded.at < d.at;

-- name: LockNextDue :one
-- The profile that has been due longest, passing over those that somebody has in hand.
select p.*, clock_timestamp()::timestamptz as now from segment_due d join profiles p on p.id = d.profile_id
where d.at <= clock_timestamp() order by d.at limit 1 for no key update of p skip locked;

-- name: TakeDue :many
delete from segment_due where profile_id = $1 and at <= $2 returning segment;

-- name: DropDue :exec
delete from segment_due where profile_id = $1;

-- name: NextDue :one
-- In how many seconds the next one is due; a century where none is.
select coalesce(extract(epoch from min(at) - clock_timestamp()), 3e9)::float8 as seconds from segment_due;

-- name: MoveSegmentChanges :exec
update segment_changes set profile_id = @into_id where profile_id = @from_id;

-- name: SegmentsToSweep :one
-- How many are still to be computed, and how many are to be looked at for the second time.
select count(*) filter (where computed <> hash) as uncomputed, count(*) filter (where computed = hash and checked <> hash) as unchecked from segments;

-- name: Overdue :one
-- People whose segments should have been looked at some time ago.
select count(*) from (select from segment_due where at < clock_timestamp() - interval '5 seconds' limit 100000) d;

-- name: NextSweep :one
-- What a sweep does next: segments that were not computed before those that are looked at once more, in the order of their rules.
select segment, hash, (computed <> hash)::boolean as first, (computed in ('', 'gone') or quietly)::boolean as quiet,
    (filled = hash || case when computed <> hash then ' 1' else ' 2' end)::boolean as filled,
    coalesce(extract(epoch from clock_timestamp() - computed_at), 0)::float8 as computed_ago
from segments where checked <> hash order by computed = hash, case when computed = hash then computed_at end, place limit 1;

-- name: TrySweepLock :one
select pg_try_advisory_xact_lock(hashtextextended('mixtape segments', 0));

-- name: ClearSegmentWork :exec
delete from segment_work where segment = $1;

-- name: MarkFilled :execrows
update segments set filled = @hash::text || ' ' || @look::text where segment = @segment and hash = @hash::text;

-- name: SegmentWork :many
select profile_id from segment_work where segment = $1 order by profile_id limit $2;

-- name: SegmentWorkDone :exec
delete from segment_work where segment = @segment and profile_id = any (@profiles::text[]);

-- name: ActiveOfCrowd :many
select distinct profile_id from runs where profile_id = any (@ids::text[]) and status = 'active';

-- name: FinishFirstLook :exec
update segments set computed = hash, computed_at = clock_timestamp(), quietly = false where segment = @segment and hash = @hash::text;

-- name: FinishSecondLook :exec
update segments set checked = hash where segment = @segment and hash = @hash::text and filled = hash || ' 2';

-- name: SweepAgain :exec
-- Everybody is looked at once more, as after an import; a look that is under way begins anew.
update segments set computed = case when computed in ('', 'gone') then computed else 'again' end, checked = '', quietly = @quietly, filled = ''
where archived_at is null;

-- name: Segments :many
select s.segment, s.name, s.rule, s.hash, s.computed_at, s.published_at, (s.computed = s.hash)::boolean as computed,
    (select count(*) from profiles p where p.segments @> array[s.segment] and p.merged_into is null and p.erased_at is null) as members
from segments s where s.archived_at is null and (s.segment = @segment or @segment = '') order by s.segment;

-- name: SegmentMembers :many
select id, coalesce(user_id, '') as user_id from profiles
where segments @> array[@segment::text] and merged_into is null and erased_at is null and id > @after order by id limit @most;

-- name: SegmentChangesOfProfile :many
select * from segment_changes where profile_id = $1 order by at desc, segment limit $2;

-- name: ForgetSegmentChanges :execrows
delete from segment_changes where ctid = any (array(select c.ctid from segment_changes c where c.at < @before limit @most));
