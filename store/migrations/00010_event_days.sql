-- +goose NO TRANSACTION
-- What people did by one name on one day, added up once it is much: so a rule over months of a chatty event reads a row a
-- day. Of any other day there is no row, and its few events are read. Triggers keep the rows, so that nothing that writes
-- events can pass by them. Each statement may be run again.

-- +goose Up
create table if not exists event_days (
    profile_id  text not null,
    name        text not null,
    day         date not null,                      -- in UTC, of the events' time
    count       bigint not null,
    first       timestamptz not null,               -- the earliest time, and the latest
    last        timestamptz not null,
    last_number bigint not null,                    -- the greatest number
    numbers     jsonb,                              -- property -> [how many are numbers, their sum, the least, the greatest]; null: of too many properties
    primary key (profile_id, name, day)
) with (fillfactor = 80);

create schema if not exists days;

create or replace function days.of(at timestamptz) returns date language sql immutable parallel safe
    return (at at time zone 'UTC')::date;

create or replace function days.begin(day date) returns timestamptz language sql immutable parallel safe
    return day::timestamp at time zone 'UTC';

-- In plpgsql statements are planned once a connection; those of functions in SQL would be planned for every event.

-- Whether a day has a row: fewer than eight events cost hardly more to read.
-- +goose StatementBegin
create or replace function days.busy(of_profile text, of_name text, of_day date) returns boolean language plpgsql stable as $$
begin
    return exists (select from events e where e.profile_id = of_profile and e.name = of_name
        and e.time >= days.begin(of_day) and e.time < days.begin(of_day + 1) offset 7);
end $$;
-- +goose StatementEnd

-- A row is written anew for each event, so it must not grow for ever where every event has properties of its own.
-- +goose StatementBegin
create or replace function days.kept(numbers jsonb) returns jsonb language plpgsql immutable parallel safe as $$
begin
    return case when (select count(*) from jsonb_object_keys(numbers)) <= 100 then numbers end;
end $$;
-- +goose StatementEnd

-- What one more event makes of the numbers of a day.
-- +goose StatementBegin
create or replace function days.added(numbers jsonb, properties jsonb) returns jsonb language plpgsql immutable parallel safe as $$
declare
    key text;
    value numeric;
    old jsonb;
begin
    for key, value in select p.key, p.value::numeric from jsonb_each(properties) p where jsonb_typeof(p.value) = 'number' loop
        old := numbers -> key;
        numbers := jsonb_set(numbers, array[key], case when old is null then jsonb_build_array(1, value, value, value) else
            jsonb_build_array((old ->> 0)::bigint + 1, (old ->> 1)::numeric + value, least((old ->> 2)::numeric, value), greatest((old ->> 3)::numeric, value)) end);
    end loop;
    return days.kept(numbers);
end $$;
-- +goose StatementEnd

-- Days anew, from their events. Their rows are locked first: whoever adds to one of them meanwhile does so before or after.
-- So are the events: who deletes one of them meanwhile, and saw no row yet, does so before, or sees it.
-- +goose StatementBegin
create or replace procedure days.recount(of_profiles text[], of_names text[], of_days date[]) language plpgsql as $$
begin
    perform from event_days d join unnest(of_profiles, of_names, of_days) k (profile_id, name, day) using (profile_id, name, day)
        order by d.profile_id, d.name, d.day for update of d;
    delete from event_days d using unnest(of_profiles, of_names, of_days) k (profile_id, name, day)
        where d.profile_id = k.profile_id and d.name = k.name and d.day = k.day;
    perform from unnest(of_profiles, of_names, of_days) k (profile_id, name, day) cross join lateral (
        select from events e where e.profile_id = k.profile_id and e.name = k.name
            and e.time >= days.begin(k.day) and e.time < days.begin(k.day + 1) for key share) e;
    insert into event_days (profile_id, name, day, count, first, last, last_number, numbers)
    select k.profile_id, k.name, k.day, a.count, a.first, a.last, a.last_number, days.kept(coalesce(n.numbers, '{}'))
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
    where a.count >= 8 order by 1, 2, 3;
end $$;
-- +goose StatementEnd

-- An event that comes by itself is added to its day's row; those of a file are many, and their days' are made anew.
-- +goose StatementBegin
create or replace function days.added_events() returns trigger language plpgsql as $$
declare
    k record;
    one record;
begin
    if (select count(*) from (select from new_events limit 2) few) < 2 then
        select n.profile_id, n.name, days.of(n.time) as day, n.time, n.number, n.properties into one from new_events n where n.name <> '';
        if not found then
            return null;
        end if;
        update event_days d set count = d.count + 1, first = least(d.first, one.time), last = greatest(d.last, one.time),
            last_number = greatest(d.last_number, one.number), numbers = days.added(d.numbers, one.properties)
        where d.profile_id = one.profile_id and d.name = one.name and d.day = one.day;
        if not found and days.busy(one.profile_id, one.name, one.day) then
            call days.recount(array[one.profile_id], array[one.name], array[one.day]);
        end if;
        return null;
    end if;
    select array_agg(o.profile_id) as profiles, array_agg(o.name) as names, array_agg(o.day) as days into k
    from (select distinct profile_id, name, days.of(time) as day from new_events where name <> '') o
    where exists (select from events e where e.profile_id = o.profile_id and e.name = o.name -- days.busy, without the call
        and e.time >= days.begin(o.day) and e.time < days.begin(o.day + 1) offset 7);
    if k.profiles is not null then
        call days.recount(k.profiles, k.names, k.days);
    end if;
    return null;
end $$;
-- +goose StatementEnd

-- +goose StatementBegin
create or replace function days.removed_events() returns trigger language plpgsql as $$
declare
    k record;
begin
    select array_agg(o.profile_id) as profiles, array_agg(o.name) as names, array_agg(o.day) as days into k
    from (select distinct profile_id, name, days.of(time) as day from old_events where name <> '') o join event_days using (profile_id, name, day);
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
        union select profile_id, name, days.of(time) from new_events where name <> '') o
    where days.busy(o.profile_id, o.name, o.day)
        or exists (select from event_days d where d.profile_id = o.profile_id and d.name = o.name and d.day = o.day);
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
        from (select profile_id, name, days.of(time) as day from events where profile_id = any (ids) and name <> '' group by 1, 2, 3 having count(*) >= 8) o;
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
