-- name: PastOf :many
-- All that the rules ahead read, of some people and in one query: by name, each name with its own horizon and first number. A
-- day that may be added up comes as one row (count is not 0, and properties are its numbers); of all others come the events.
-- What is only counted comes without properties: they are most of the work where somebody did something thousands of times.
with w as (
    select unnest(@names::text[]) as name, unnest(@since::timestamptz[]) as since, unnest(@after::bigint[]) as after,
        unnest(@properties::boolean[]) as properties, unnest(@days_up_to::bigint[]) as days_up_to, unnest(@days_by::timestamptz[]) as days_by),
cuts as (select unnest(@cut_names::text[]) as name, unnest(@cut_from::timestamptz[]) as cut_from, unnest(@cut_to::timestamptz[]) as cut_to),
d as materialized (
    select d.profile_id, d.name, d.count, d.first, d.last, d.numbers, w.since, w.after, w.properties,
        d.last_number <= w.days_up_to and d.last <= w.days_by
            and not exists (select from cuts c where c.name = d.name and d.last >= c.cut_from and d.first <= c.cut_to) as whole
    from w join event_days d on d.profile_id = any (@ids::text[]) and d.name = w.name and d.day >= (w.since at time zone 'UTC')::date and d.last > w.since
    where w.days_up_to > 0)
select e.profile_id, e.number, e.id, e.name, (case when w.properties then e.properties else '{}' end)::jsonb as properties,
    e.time, e.arrival, e.imported, 0::bigint as count
from w join events e on e.profile_id = any (@ids::text[]) and e.name = w.name and e.time > w.since and e.number > w.after where w.days_up_to = 0
union all
select e.profile_id, e.number, e.id, e.name, (case when d.properties then e.properties else '{}' end)::jsonb,
    e.time, e.arrival, e.imported, 0
from d cross join lateral (
    select * from events o where o.profile_id = d.profile_id and o.name = d.name and o.time >= d.first and o.time <= d.last
    offset 0 -- by itself for each such day: else all that somebody did might be gone through for one
) e
where not d.whole and e.time > d.since and e.number > d.after
union all
select d.profile_id, 0, '', d.name, (case when d.properties then d.numbers else '{}' end)::jsonb, d.first, d.last, false, d.count from d where d.whole
order by 1, 2;
