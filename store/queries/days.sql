-- name: PastOf :many
-- All that the rules ahead read, of some people and in one query: by name, each name with its own horizon and first number. A
-- day that may be added up comes as one row (count is not 0, and properties are its numbers); before, between and after such
-- days come the events. What is only counted comes without properties: they are most of the work where somebody did
-- something thousands of times.
with w as (
    select unnest(@names::text[]) as name, unnest(@since::timestamptz[]) as since, unnest(@after::bigint[]) as after,
        unnest(@properties::boolean[]) as properties, unnest(@days_up_to::bigint[]) as days_up_to, unnest(@days_by::timestamptz[]) as days_by),
cuts as (select unnest(@cut_names::text[]) as name, unnest(@cut_from::timestamptz[]) as cut_from, unnest(@cut_to::timestamptz[]) as cut_to),
whole as materialized (
    select d.profile_id, d.name, d.count, d.first, d.last, d.numbers, w.after, w.properties
    from w join event_days d on d.profile_id = any (@ids::text[]) and d.name = w.name and d.day >= (w.since at time zone 'UTC')::date and d.first > w.since
    where d.last_number <= w.days_up_to and d.last <= w.days_by and (d.numbers is not null or not w.properties)
        and not exists (select from cuts c where c.name = d.name and d.last >= c.cut_from and d.first <= c.cut_to)),
gaps as materialized (
    select profile_id, name, after, properties, last as ends, lead(first, 1, 'infinity') over (partition by profile_id, name order by first) as begins
    from (select profile_id, name, after, properties, first, last from whole
        union all select unnest(@ids::text[]), name, after, properties, since, since from w) o)
select e.profile_id, e.number, e.id, e.name, (case when g.properties then e.properties else '{}' end)::jsonb as properties,
    e.time, e.arrival, e.imported, 0::bigint as count
from gaps g cross join lateral (
    select * from events o where o.profile_id = g.profile_id and o.name = g.name and o.time > g.ends and o.time < g.begins
    offset 0 -- by itself for each of them: else all that somebody did might be gone through for one
) e
where e.number > g.after
union all
select d.profile_id, 0, '', d.name, (case when d.properties then d.numbers else '{}' end)::jsonb, d.first, d.last, false, d.count from whole d
order by 1, 2;
