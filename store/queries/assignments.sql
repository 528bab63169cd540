-- name: AddAssignment :exec
-- The first one stays, for ever. What they did before, of what the goal counts, is measured here.
insert into assignments (experiment, profile_id, version, variant, chance, context, run_id, metric, at, until, pre)
select @experiment::text, @profile_id::text, @version::text, @variant::text, sqlc.narg(chance)::double precision, sqlc.narg(context)::jsonb, @run_id::text, @metric::text,
    sqlc.arg(moment)::timestamptz, sqlc.narg(until)::timestamptz,
    coalesce(sum(case when @property::text = '' then 1 else tally.worth(e.properties, @property::text) end), 0)
from events e where e.profile_id = @profile_id::text and e.name = any (@counted::text[])
    and e.time >= sqlc.arg(moment)::timestamptz - interval '28 days' and e.time < sqlc.arg(moment)::timestamptz
on conflict do nothing;

-- name: ConvertByGoal :exec
-- Whether it came in time is asked where goals are judged.
update assignments set converted_at = sqlc.arg(moment)::timestamptz, value = value + @value
where run_id = @run_id and metric = '' and converted_at is null and at <= sqlc.arg(moment);

-- name: AssignedVariants :many
select experiment, variant from assignments where profile_id = @profile_id and starts_with(experiment, @prefix);

-- name: FoldAssignments :exec
-- Of two profiles that are one person the one that was measured first goes on, with what the other did in its time.
update assignments o set
    converted_at = least(o.converted_at, case when o.until is null or y.converted_at <= o.until then y.converted_at end),
    value = o.value + case when o.metric = '' and y.converted_at is not null and (o.until is null or y.converted_at <= o.until) then y.value else 0 end,
    unsubscribed_at = least(o.unsubscribed_at, case when o.until is null or y.unsubscribed_at <= o.until then y.unsubscribed_at end),
    complained_at = least(o.complained_at, case when o.until is null or y.complained_at <= o.until then y.complained_at end)
from assignments y where o.experiment = y.experiment and o.profile_id in (@into_id, @from_id) and y.profile_id in (@into_id, @from_id)
    and (o.at, o.profile_id = @from_id) < (y.at, y.profile_id = @from_id);

-- name: DropYoungerAssignments :exec
delete from assignments y using assignments o where o.experiment = y.experiment and o.profile_id in (@into_id, @from_id) and y.profile_id in (@into_id, @from_id)
    and (o.at, o.profile_id = @from_id) < (y.at, y.profile_id = @from_id);

-- name: RekeyAssignments :exec
update assignments set profile_id = @into_id where profile_id = @from_id;

-- name: RemeasureAssignments :exec
-- What the one did counts for what the other was put into.
update assignments a set
    weeks = a.weeks | m.weeks,
    converted_at = case when a.metric = '' then a.converted_at else least(a.converted_at, m.converted) end,
    value = case when a.metric = '' then a.value else greatest(a.value, m.value) end,
    unsubscribed_at = least(a.unsubscribed_at, m.unsubscribed),
    complained_at = least(a.complained_at, m.complained)
from (
    select b.experiment,
        bit_or(case when position('/' in b.experiment) = 0 and e.time < b.at + interval '63 weeks' and tally.by_themselves(e.source, e.name)
            then 1::bigint << floor(extract(epoch from e.time - b.at) / 604800)::int else 0 end)::bigint as weeks,
        min(e.time) filter (where e.name = b.metric and (b.until is null or e.time <= b.until)) as converted,
        coalesce(sum(tally.worth(e.properties, b.property)) filter (where e.name = b.metric and (b.until is null or e.time <= b.until)), 0) as value,
        min(e.time) filter (where e.name = 'unsubscribed' and (b.until is null or e.time <= b.until)) as unsubscribed,
        min(e.time) filter (where e.name = 'message_complained' and (b.until is null or e.time <= b.until)) as complained
    from assignments b join events e on e.profile_id = b.profile_id and e.time >= b.at
    where b.profile_id = @into_id and e.name <> '' group by 1) m
where a.profile_id = @into_id and a.experiment = m.experiment;

-- name: WipeAssignments :execrows
update assignments set profile_id = 'erased ' || gen_random_uuid(), context = null, run_id = '' where profile_id = any (@ids::text[]);

-- name: Experiments :many
select distinct journey as experiment from (select journey from tallies where kind = 'arm_people' union all select journey from tally_deltas where kind = 'arm_people') t order by 1;

-- name: AddImportedAssignments :exec
-- What has happened since then is counted with it: files may come in any order.
insert into assignments (experiment, profile_id, variant, chance, metric, property, at, until, converted_at, value, pre)
select @experiment::text, n.profile_id, n.variant, n.chance, @metric::text, @property::text, n.moment, n.until, o.converted, coalesce(o.value, 0), o.pre
from (select unnest(@profiles::text[]) as profile_id, unnest(@variants::text[]) as variant, unnest(@chances::double precision[]) as chance,
        unnest(@moments::timestamptz[]) as moment, unnest(@untils::timestamptz[]) as until) n
cross join lateral (
    select min(e.time) filter (where e.time >= n.moment and e.time <= n.until) as converted,
        sum(tally.worth(e.properties, @property::text)) filter (where e.time >= n.moment and e.time <= n.until) as value,
        case when @property::text = '' then count(*) filter (where e.time < n.moment)::double precision
            else coalesce(sum(tally.worth(e.properties, @property::text)) filter (where e.time < n.moment), 0) end as pre
    from events e where e.profile_id = n.profile_id and e.name = @metric::text and e.time >= n.moment - interval '28 days') o
on conflict do nothing;
