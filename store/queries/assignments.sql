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

-- name: RekeyAssignments :exec
-- Of two profiles that are one person each stays counted as it was; who was measured once goes on as the other.
update assignments a set profile_id = @into_id where a.profile_id = @from_id
    and not exists (select from assignments b where b.profile_id = @into_id and b.experiment = a.experiment);

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
