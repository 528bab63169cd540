-- name: SaveBandit :exec
insert into bandits (journey, step, weights, personal) values (@journey, @step, @weights, sqlc.narg(personal))
on conflict (journey, step) do update set weights = excluded.weights, personal = excluded.personal, updated_at = clock_timestamp()
where (bandits.weights, bandits.personal) is distinct from (excluded.weights, excluded.personal);

-- name: BanditWeights :many
select step, weights, personal from bandits where journey = @journey;

-- name: TriedVariants :many
-- Whose outcome is known by now, the latest first.
select variant, chance, context, (converted_at is not null)::boolean as converted from assignments
where experiment = @experiment and position('/' in experiment) > 0 and context is not null and chance is not null and at < @before order by at desc, profile_id limit @most;

-- name: SilentVariants :many
-- Who has not converted of those who were drawn since, by the minute.
select variant, date_trunc('minute', at)::timestamptz as at, count(*) as people from assignments
where experiment = @experiment and position('/' in experiment) > 0 and at >= sqlc.arg(since)::timestamptz and converted_at is null group by 1, 2;
