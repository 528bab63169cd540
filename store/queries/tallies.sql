-- name: AddReached :exec
insert into tally_deltas (journey, version, step, kind, name, n)
select @journey::text, @version::text, unnest(@steps::text[]), 'reached', unnest(@names::text[]), 1;

-- name: FoldTallies :one
-- Sums up the oldest differences. Only one does so at a time, so that sums of what is broken are added in one order.
with mine as (select pg_try_advisory_xact_lock(hashtext('mixtape tallies')) as yes),
    taken as (delete from tally_deltas where id in (select d.id from tally_deltas d, mine where mine.yes order by d.id limit @most) returning *),
    folded as (insert into tallies (journey, version, step, kind, name, day, n, sum, squares)
        select journey, version, step, kind, name, day, sum(n), sum(sum), sum(squares) from taken group by 1, 2, 3, 4, 5, 6
        on conflict (journey, version, step, kind, name, day) do update set n = tallies.n + excluded.n, sum = tallies.sum + excluded.sum, squares = tallies.squares + excluded.squares)
select count(*) from taken;

-- name: Tallies :many
select version, step, kind, name, day, sum(n)::bigint as n, sum(sum)::double precision as sum, sum(squares)::double precision as squares
from (select t.version, t.step, t.kind, t.name, t.day, t.n, t.sum, t.squares from tallies t where t.journey = @journey
    union all select d.version, d.step, d.kind, d.name, d.day, d.n, d.sum, d.squares from tally_deltas d where d.journey = @journey) a
group by 1, 2, 3, 4, 5 having sum(n) <> 0 or sum(sum) <> 0 or sum(squares) <> 0 order by 1, 2, 3, 4, 5;

-- name: MarkMessage :exec
-- What its reader did with it, the first time.
update messages set
    opened_at = case when @what = 'opened' then coalesce(opened_at, clock_timestamp()) else opened_at end,
    machine_opened_at = case when @what = 'machine_opened' then coalesce(machine_opened_at, clock_timestamp()) else machine_opened_at end,
    clicked_at = case when @what = 'clicked' then coalesce(clicked_at, clock_timestamp()) else clicked_at end,
    complained_at = case when @what = 'complained' then coalesce(complained_at, clock_timestamp()) else complained_at end,
    unsubscribed_at = case when @what = 'unsubscribed' then coalesce(unsubscribed_at, clock_timestamp()) else unsubscribed_at end
where id = @id;
