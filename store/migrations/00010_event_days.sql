-- +goose NO TRANSACTION
-- What people did, added up by days, so that a rule over months of a chatty event reads a row a day. Triggers keep it, so
-- that nothing that writes events can pass by it. Each statement may be run again.

-- +goose Up
create table if not exists event_days (
    profile_id  text not null,
    name        text not null,
    day         date not null,                      -- in UTC, of the events' time
    count       bigint not null,
    first       timestamptz not null,               -- the earliest time, and the latest
    last        timestamptz not null,
    last_number bigint not null,                    -- the greatest number
    numbers     jsonb not null default '{}',        -- property -> [how many are numbers, their sum, the least, the greatest]
    primary key (profile_id, name, day)
) with (fillfactor = 80);

create schema if not exists days;

create or replace function days.of(at timestamptz) returns date language sql immutable parallel safe
    return (at at time zone 'UTC')::date;

create or replace function days.begin(day date) returns timestamptz language sql immutable parallel safe
    return day::timestamp at time zone 'UTC';

-- Two entries of numbers as one.
create or replace function days.added(a jsonb, b jsonb) returns jsonb language sql immutable parallel safe
    return case when b is null then a when a is null then b else jsonb_build_array((a ->> 0)::bigint + (b ->> 0)::bigint, (a ->> 1)::numeric + (b ->> 1)::numeric,
        least((a ->> 2)::numeric, (b ->> 2)::numeric), greatest((a ->> 3)::numeric, (b ->> 3)::numeric)) end;

-- Those two are written in plpgsql, whose statements are planned once a connection: they stand in the way of every event.
-- +goose StatementBegin
create or replace function days.merged(a jsonb, b jsonb) returns jsonb language plpgsql immutable parallel safe as $$
declare
    key text;
    value jsonb;
begin
    if a = '{}' then
        return b;
    end if;
    for key, value in select * from jsonb_each(b) loop
        a := jsonb_set(a, array[key], days.added(a -> key, value));
    end loop;
    return a;
end $$;
-- +goose StatementEnd

-- +goose StatementBegin
create or replace function days.numbers(properties jsonb) returns jsonb language plpgsql immutable parallel safe as $$
begin
    return coalesce((select jsonb_object_agg(p.key, jsonb_build_array(1, p.value, p.value, p.value)) from jsonb_each(properties) p where jsonb_typeof(p.value) = 'number'), '{}');
end $$;
-- +goose StatementEnd

-- Several events of one day are first added up among themselves.
-- +goose StatementBegin
create or replace function days.added_events() returns trigger language plpgsql as $$
begin
    if (select count(*) from (select from new_events limit 2) few) < 2 then
        insert into event_days as d (profile_id, name, day, count, first, last, last_number, numbers)
        select e.profile_id, e.name, days.of(e.time), 1, e.time, e.time, e.number, days.numbers(e.properties) from new_events e where e.name <> ''
        on conflict (profile_id, name, day) do update set count = d.count + 1, first = least(d.first, excluded.first),
            last = greatest(d.last, excluded.last), last_number = greatest(d.last_number, excluded.last_number),
            numbers = days.merged(d.numbers, excluded.numbers);
        return null;
    end if;
    insert into event_days as d (profile_id, name, day, count, first, last, last_number, numbers)
    select a.profile_id, a.name, a.day, a.count, a.first, a.last, a.last_number, coalesce(n.numbers, '{}') from (
        select e.profile_id, e.name, days.of(e.time) as day, count(*) as count, min(e.time) as first, max(e.time) as last, max(e.number) as last_number
        from new_events e where e.name <> '' group by 1, 2, 3) a
    left join (
        select o.profile_id, o.name, o.day, jsonb_object_agg(o.key, jsonb_build_array(o.count, o.sum, o.least, o.greatest)) as numbers from (
            select e.profile_id, e.name, days.of(e.time) as day, p.key, count(*) as count, sum(p.value::numeric) as sum,
                min(p.value::numeric) as least, max(p.value::numeric) as greatest
            from new_events e cross join jsonb_each(e.properties) p where e.name <> '' and jsonb_typeof(p.value) = 'number' group by 1, 2, 3, 4) o
        group by 1, 2, 3) n on n.profile_id = a.profile_id and n.name = a.name and n.day = a.day
    order by 1, 2, 3
    on conflict (profile_id, name, day) do update set count = d.count + excluded.count, first = least(d.first, excluded.first),
        last = greatest(d.last, excluded.last), last_number = greatest(d.last_number, excluded.last_number),
        numbers = days.merged(d.numbers, excluded.numbers);
    return null;
end $$;
-- +goose StatementEnd

-- Days anew, from their events. Their rows are locked first: whoever adds to one of them meanwhile does so before or after.
-- +goose StatementBegin
create or replace procedure days.recount(of_profiles text[], of_names text[], of_days date[]) language plpgsql as $$
begin
    perform from event_days d join unnest(of_profiles, of_names, of_days) k (profile_id, name, day) using (profile_id, name, day)
        order by d.profile_id, d.name, d.day for update of d;
    delete from event_days d using unnest(of_profiles, of_names, of_days) k (profile_id, name, day)
        where d.profile_id = k.profile_id and d.name = k.name and d.day = k.day;
    insert into event_days (profile_id, name, day, count, first, last, last_number, numbers)
    select k.profile_id, k.name, k.day, a.count, a.first, a.last, a.last_number, coalesce(n.numbers, '{}')
    from unnest(of_profiles, of_names, of_days) k (profile_id, name, day)
    cross join lateral (
        select count(*) as count, min(e.time) as first, max(e.time) as last, max(e.number) as last_number from events e
        where e.profile_id = k.profile_id and e.name = k.name and e.time >= days.begin(k.day) and e.time < days.begin(k.day + 1)) a
    cross join lateral (
        select jsonb_object_agg(o.key, jsonb_build_array(o.count, o.sum, o.least, o.greatest)) as numbers from (
            select p.key, count(*) as count, sum(p.value::numeric) as sum, min(p.value::numeric) as least, max(p.value::numeric) as greatest
            from events e cross join jsonb_each(e.properties) p
            where e.profile_id = k.profile_id and e.name = k.name and e.time >= days.begin(k.day) and e.time < days.begin(k.day + 1)
                and jsonb_typeof(p.value) = 'number' group by 1) o) n
    where a.count > 0 order by 1, 2, 3;
end $$;
-- +goose StatementEnd

-- +goose StatementBegin
create or replace function days.removed_events() returns trigger language plpgsql as $$
declare
    k record;
begin
    select array_agg(o.profile_id) as profiles, array_agg(o.name) as names, array_agg(o.day) as days into k
    from (select distinct profile_id, name, days.of(time) as day from old_events where name <> '') o;
    if k.profiles is not null then
        call days.recount(k.profiles, k.names, k.days);
    end if;
    return null;
end $$;
-- +goose StatementEnd

-- +goose StatementBegin
create or replace function days.changed_events() returns trigger language plpgsql as $$
declare
    k record;
begin
    select array_agg(o.profile_id) as profiles, array_agg(o.name) as names, array_agg(o.day) as days into k
    from (select profile_id, name, days.of(time) as day from old_events where name <> ''
        union select profile_id, name, days.of(time) from new_events where name <> '') o;
    if k.profiles is not null then
        call days.recount(k.profiles, k.names, k.days);
    end if;
    return null;
end $$;
-- +goose StatementEnd

-- +goose StatementBegin
create or replace function days.no_events() returns trigger language plpgsql as $$
begin
    truncate event_days;
    return null;
end $$;
-- +goose StatementEnd

create or replace trigger event_days_added after insert on events referencing new table as new_events
    for each statement execute function days.added_events();
create or replace trigger event_days_removed after delete on events referencing old table as old_events
    for each statement execute function days.removed_events();
create or replace trigger event_days_changed after update on events referencing old table as old_events new table as new_events
    for each statement execute function days.changed_events();
create or replace trigger event_days_emptied after truncate on events for each statement execute function days.no_events();

-- What was there before, a hundred people a transaction, under their locks. It goes on where it was broken off.
create table if not exists event_days_filled (after_id text not null);
insert into event_days_filled select '' where not exists (select from event_days_filled);
-- +goose StatementBegin
do $$
declare
    ids text[];
    k record;
begin
    loop
        select array_agg(p.id order by p.id) into ids from
            (select id from profiles where id > (select after_id from event_days_filled) order by id limit 100 for no key update) p;
        exit when ids is null;
        select array_agg(o.profile_id) as profiles, array_agg(o.name) as names, array_agg(o.day) as days into k
        from (select distinct profile_id, name, days.of(time) as day from events where profile_id = any (ids) and name <> '') o;
        if k.profiles is not null then
            call days.recount(k.profiles, k.names, k.days);
        end if;
        update event_days_filled set after_id = ids[cardinality(ids)];
        commit;
    end loop;
end $$;
-- +goose StatementEnd
drop table event_days_filled;

-- +goose Down
drop trigger event_days_added on events;
drop trigger event_days_removed on events;
drop trigger event_days_changed on events;
drop trigger event_days_emptied on events;
drop schema days cascade;
drop table event_days;
