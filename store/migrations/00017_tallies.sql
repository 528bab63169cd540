-- Counts of what happens, kept as it happens, so that a report of a million runs reads a few hundred rows. Triggers write the
-- differences, so that nothing that moves a run or a message can pass them by; a difference is a row of its own, so that nobody waits
-- for anybody else's, and a loop sums them up.

-- +goose Up
create table tallies (
    journey text not null,                          -- of an arm: the experiment
    version text not null,
    step    text not null,
    kind    text not null,
    name    text not null,
    day     date not null,                          -- in UTC; of what stands now: 1970-01-01
    n       bigint not null,
    sum     double precision not null,
    squares double precision not null,
    primary key (journey, version, step, kind, name, day)
);

create table tally_deltas (
    id      bigint generated always as identity primary key,
    journey text not null,
    version text not null,
    step    text not null default '',
    kind    text not null,
    name    text not null default '',
    day     date not null default (now() at time zone 'UTC')::date,
    n       bigint not null default 0,
    sum     double precision not null default 0,
    squares double precision not null default 0
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 20000); -- rows live for seconds

-- Who is in which arm of what is measured, each person once, from the first time on: intention to treat.
create table assignments (
    experiment      text not null,                  -- <journey>: its holdout; <journey>/<step>; imported/<name>
    profile_id      text not null,
    version         text not null default '',       -- of the journey then: it says which shares were meant
    variant         text not null,
    chance          double precision,               -- with which it was drawn; null: not known
    context         jsonb,                          -- what it was drawn by, of a variant chosen for the person
    run_id          text not null default '',
    metric          text not null default '',       -- the event that counts; empty: the goal of the run
    property        text not null default '',       -- of the metric, that is what it is worth
    at              timestamptz not null,
    until           timestamptz,                    -- what happens later is not on its account; null: anything is
    pre             double precision,               -- how often they did before, in the 28 days before, what the goal counts
    converted_at    timestamptz,
    value           double precision not null default 0,
    unsubscribed_at timestamptz,
    complained_at   timestamptz,
    weeks           bigint not null default 0,      -- bit k: they did something in the week that began k weeks after
    primary key (experiment, profile_id)
) with (fillfactor = 80);
create index assignments_of_run on assignments (run_id) where run_id <> '';
create index assignments_of_profile on assignments (profile_id);

alter table messages add column opened_at timestamptz, add column machine_opened_at timestamptz, add column clicked_at timestamptz,
    add column complained_at timestamptz, add column unsubscribed_at timestamptz;  -- the first time, by a reader but for the second

alter table imports drop constraint imports_kind_check, add constraint imports_kind_check check (kind in ('profiles', 'events', 'consents', 'suppressions', 'assignments'));

create schema tally;

-- +goose StatementBegin
create function tally.runs_added() returns trigger language plpgsql as $$
begin
    insert into tally_deltas (journey, version, kind, name, day, n)
    select journey, version, 'entered', case status when 'held_out' then 'held_out' else 'entered' end, (entered_at at time zone 'UTC')::date, count(*)
    from new_runs group by 1, 2, 4, 5;
    insert into tally_deltas (journey, version, step, kind, day, n)
    select journey, version, step, 'here', 'epoch', count(*) from new_runs where status = 'active' group by 1, 2, 3;
    return null;
end $$;
-- +goose StatementEnd

-- +goose StatementBegin
create function tally.run_changed() returns trigger language plpgsql as $$
begin
    if (old.status, old.version, old.step) is distinct from (new.status, new.version, new.step) then
        if old.status = 'active' then
            insert into tally_deltas (journey, version, step, kind, day, n) values (old.journey, old.version, old.step, 'here', 'epoch', -1);
        end if;
        if new.status = 'active' then
            insert into tally_deltas (journey, version, step, kind, day, n) values (new.journey, new.version, new.step, 'here', 'epoch', 1);
        end if;
    end if;
    if old.status = 'active' and new.status = 'ended' then
        insert into tally_deltas (journey, version, step, kind, name, n) values (new.journey, new.version, new.step, 'exit', coalesce(new.exit_reason, ''), 1);
    end if;
    if old.goal_at is null and new.goal_at is not null then
        insert into tally_deltas (journey, version, kind, name, n, sum, squares)
        values (new.journey, new.version, 'goal', case new.status when 'held_out' then 'held_out' else 'entered' end, 1,
            coalesce(new.goal_value, 0), coalesce(new.goal_value, 0) ^ 2);
        -- What the message is said to have earned that went to them last: a habit of the trade, and no measurement.
        insert into tally_deltas (journey, version, step, kind, name, n, sum)
        select new.journey, new.version, m.step, 'last_touch', m.template || '.' || m.channel, 1, coalesce(new.goal_value, 0)
        from messages m where m.run_id = new.id and m.sent_at <= new.goal_at order by m.sent_at desc limit 1;
        -- By doubling bounds in minutes: 0 is up to one, 1 up to two, 2 up to four.
        insert into tally_deltas (journey, version, kind, name, n)
        values (new.journey, new.version, 'goal_after', ceil(log(2.0, greatest(extract(epoch from new.goal_at - new.entered_at) / 60, 1)::numeric))::int::text, 1);
    end if;
    return null;
end $$;
-- +goose StatementEnd

create trigger tally_runs_added after insert on runs referencing new table as new_runs for each statement execute function tally.runs_added();
create trigger tally_run_changed after update on runs for each row
    when ((old.status, old.version, old.step) is distinct from (new.status, new.version, new.step) or old.goal_at is distinct from new.goal_at)
    execute function tally.run_changed();

-- What became of a message: sent, unknown and skipped once, delivered and bounced on top, and what its reader did the first time.
-- +goose StatementBegin
create function tally.message(m messages, kind text, n bigint) returns void language plpgsql as $$
begin
    insert into tally_deltas (journey, version, step, kind, name, n)
    values (m.journey, m.version, m.step, kind, case kind when 'skipped' then m.reason else m.template || '.' || m.channel end, n);
end $$;
-- +goose StatementEnd

-- +goose StatementBegin
create function tally.message_changed() returns trigger language plpgsql as $$
declare
    was text := case tg_op when 'INSERT' then '' else old.state end;
begin
    if was = 'skipped' and new.state <> 'skipped' then
        perform tally.message(old, 'skipped', -1);
    end if;
    if new.state <> was and new.state in ('sent', 'skipped', 'unknown', 'delivered', 'bounced') then
        perform tally.message(new, new.state, 1);
    elsif was = 'skipped' and new.state = 'skipped' and new.reason <> old.reason then
        perform tally.message(old, 'skipped', -1);
        perform tally.message(new, 'skipped', 1);
    end if;
    if tg_op = 'UPDATE' then
        if old.opened_at is null and new.opened_at is not null then perform tally.message(new, 'opened', 1); end if;
        if old.machine_opened_at is null and new.machine_opened_at is not null then perform tally.message(new, 'machine_opened', 1); end if;
        if old.clicked_at is null and new.clicked_at is not null then perform tally.message(new, 'clicked', 1); end if;
        if old.complained_at is null and new.complained_at is not null then perform tally.message(new, 'complained', 1); end if;
        if old.unsubscribed_at is null and new.unsubscribed_at is not null then perform tally.message(new, 'unsubscribed', 1); end if;
    end if;
    return null;
end $$;
-- +goose StatementEnd

create trigger tally_message_added after insert on messages for each row when (new.state not in ('rendered', 'claimed')) execute function tally.message_changed();
create trigger tally_message_changed after update on messages for each row
    when ((old.state, old.reason, old.opened_at, old.machine_opened_at, old.clicked_at, old.complained_at, old.unsubscribed_at)
        is distinct from (new.state, new.reason, new.opened_at, new.machine_opened_at, new.clicked_at, new.complained_at, new.unsubscribed_at))
    execute function tally.message_changed();

-- Refusals: those with an event of their own, and those that may come with every event and are counted.
-- +goose StatementBegin
create function tally.refused() returns trigger language plpgsql as $$
begin
    insert into tally_deltas (journey, version, kind, name, n) values (new.journey, '', 'refused', new.refused, 1);
    return null;
end $$;
-- +goose StatementEnd
-- +goose StatementBegin
create function tally.refused_again() returns trigger language plpgsql as $$
begin
    insert into tally_deltas (journey, version, kind, name, n)
    values (new.journey, '', 'refused', new.reason, new.count - case tg_op when 'UPDATE' then old.count else 0 end);
    return null;
end $$;
-- +goose StatementEnd
-- Two profiles that are one person: what is taken from the one was added to the other.
-- +goose StatementBegin
create function tally.refused_no_more() returns trigger language plpgsql as $$
begin
    insert into tally_deltas (journey, version, kind, name, n) values (old.journey, '', 'refused', old.reason, -old.count);
    return null;
end $$;
-- +goose StatementEnd
create trigger tally_refused_no_more after delete on refusals for each row execute function tally.refused_no_more();
create trigger tally_refused after insert on verdicts for each row when (new.refused not in ('', 'holdout')) execute function tally.refused();
create trigger tally_refused_again after insert or update of count on refusals for each row execute function tally.refused_again();

-- An arm's sums are those of what each of its people adds.
create type tally.share as (people bigint, converted bigint, value double precision, pre_n bigint, pre double precision, product double precision,
    pre_value double precision, unsubscribed bigint, complained bigint);

create function tally.share_of(a assignments) returns tally.share language sql immutable as $$
    select (1, (a.converted_at is not null)::int, a.value, (a.pre is not null)::int, coalesce(a.pre, 0), coalesce(a.pre, 0) * a.value,
        case when a.pre is null then 0 else a.value end, (a.unsubscribed_at is not null)::int, (a.complained_at is not null)::int)::tally.share
$$;

-- +goose StatementBegin
create function tally.assigned() returns trigger language plpgsql as $$
declare
    now_is tally.share := tally.share_of(new);
    was tally.share := (0, 0, 0, 0, 0, 0, 0, 0, 0)::tally.share;
    born date := (new.at at time zone 'UTC')::date;
    bit int;
begin
    if tg_op = 'UPDATE' then
        was := tally.share_of(old);
        if (old.experiment, old.variant, old.version, old.at) is distinct from (new.experiment, new.variant, new.version, new.at) then
            raise exception 'an assignment is for ever';
        end if;
    end if;
    insert into tally_deltas (journey, version, kind, name, day, n, sum, squares)
    select new.experiment, new.version, k.kind, new.variant, born, k.n, k.sum, k.squares
    from (values
        ('arm_people', now_is.people - was.people, 0, 0),
        ('arm_chance', 0, case tg_op when 'INSERT' then coalesce(new.chance, 0) else 0 end, 0),
        ('arm_converted', now_is.converted - was.converted, 0, 0),
        ('arm_value', 0, now_is.value - was.value, now_is.value ^ 2 - was.value ^ 2),
        ('arm_pre', now_is.pre_n - was.pre_n, now_is.pre - was.pre, now_is.pre ^ 2 - was.pre ^ 2),
        ('arm_product', 0, now_is.product - was.product, 0),
        ('arm_pre_value', now_is.pre_n - was.pre_n, now_is.pre_value - was.pre_value, now_is.pre_value ^ 2 - was.pre_value ^ 2),
        ('arm_unsubscribed', now_is.unsubscribed - was.unsubscribed, 0, 0),
        ('arm_complained', now_is.complained - was.complained, 0, 0)
    ) k (kind, n, sum, squares) where k.n <> 0 or k.sum <> 0 or k.squares <> 0;
    if new.converted_at is not null and was.converted = 0 then
        insert into tally_deltas (journey, version, kind, name, day, n)
        values (new.experiment, new.version, 'arm_delay', new.variant || ' ' || ceil(log(2.0, greatest(extract(epoch from new.converted_at - new.at) / 60, 1)::numeric))::int, born, 1);
    end if;
    if tg_op = 'UPDATE' and new.weeks <> old.weeks then
        for bit in 0 .. 62 loop
            if new.weeks & (1::bigint << bit) <> 0 and old.weeks & (1::bigint << bit) = 0 then
                insert into tally_deltas (journey, version, kind, name, day, n) values (new.experiment, new.version, 'arm_week', new.variant || ' ' || bit, born, 1);
            end if;
        end loop;
    end if;
    return null;
end $$;
-- +goose StatementEnd
create trigger tally_assigned after insert or update on assignments for each row execute function tally.assigned();

create function tally.worth(properties jsonb, property text) returns double precision language sql immutable as $$
    select case when property <> '' and jsonb_typeof(properties -> property) = 'number' then (properties ->> property)::double precision else 0 end
$$;

-- What people do says of the arms that they are in: a metric was reached, they objected, they came back.
-- +goose StatementBegin
create function tally.happened() returns trigger language plpgsql as $$
begin
    if not exists (select from assignments) then
        return null;
    end if;
    update assignments a set
        weeks = a.weeks | n.weeks,
        converted_at = coalesce(a.converted_at, n.converted),
        value = a.value + n.value,
        unsubscribed_at = coalesce(a.unsubscribed_at, n.unsubscribed),
        complained_at = coalesce(a.complained_at, n.complained)
    from (
        select b.experiment, b.profile_id,
            bit_or(case when position('/' in b.experiment) = 0 and e.time < b.at + interval '63 weeks' and e.name not in ('message_sent', 'message_delivered', 'message_bounced')
                then 1::bigint << floor(extract(epoch from e.time - b.at) / 604800)::int else 0 end) as weeks,
            min(e.time) filter (where e.name = b.metric and (b.until is null or e.time <= b.until)) as converted,
            coalesce(sum(tally.worth(e.properties, b.property)) filter (where e.name = b.metric and (b.until is null or e.time <= b.until)), 0) as value,
            min(e.time) filter (where e.name = 'unsubscribed' and (b.until is null or e.time <= b.until)) as unsubscribed,
            min(e.time) filter (where e.name = 'message_complained' and (b.until is null or e.time <= b.until)) as complained
        from new_events e join assignments b on b.profile_id = e.profile_id and b.at <= e.time
        where e.name <> '' group by 1, 2) n
    where a.experiment = n.experiment and a.profile_id = n.profile_id
        and (a.weeks | n.weeks <> a.weeks or n.value <> 0 or a.converted_at is null and n.converted is not null
            or a.unsubscribed_at is null and n.unsubscribed is not null or a.complained_at is null and n.complained is not null);
    return null;
end $$;
-- +goose StatementEnd
create trigger tally_happened after insert on events referencing new table as new_events for each statement execute function tally.happened();

-- What was there before.
insert into tally_deltas (journey, version, kind, name, day, n)
select journey, version, 'entered', case status when 'held_out' then 'held_out' else 'entered' end, (entered_at at time zone 'UTC')::date, count(*) from runs group by 1, 2, 4, 5;
insert into tally_deltas (journey, version, step, kind, day, n)
select journey, version, step, 'here', 'epoch', count(*) from runs where status = 'active' group by 1, 2, 3;
insert into tally_deltas (journey, version, step, kind, name, day, n)
select journey, version, step, 'exit', coalesce(exit_reason, ''), (ended_at at time zone 'UTC')::date, count(*) from runs where status = 'ended' and ended_at is not null group by 1, 2, 3, 5, 6;
insert into tally_deltas (journey, version, kind, name, day, n, sum, squares)
select journey, version, 'goal', case status when 'held_out' then 'held_out' else 'entered' end, (goal_at at time zone 'UTC')::date, count(*), coalesce(sum(goal_value), 0), coalesce(sum(goal_value ^ 2), 0)
from runs where goal_at is not null group by 1, 2, 4, 5;
insert into tally_deltas (journey, version, kind, name, day, n)
select journey, version, 'goal_after', ceil(log(2.0, greatest(extract(epoch from goal_at - entered_at) / 60, 1)::numeric))::int::text, (goal_at at time zone 'UTC')::date, count(*)
from runs where goal_at is not null group by 1, 2, 4, 5;
insert into tally_deltas (journey, version, step, kind, name, day, n)
select journey, version, step, k.kind, case k.kind when 'skipped' then reason else template || '.' || channel end, (coalesce(sent_at, created_at) at time zone 'UTC')::date, count(*)
from messages m cross join lateral (values ('sent', m.state in ('sent', 'delivered', 'bounced')), (m.state, m.state in ('skipped', 'unknown', 'delivered', 'bounced'))) k (kind, counts)
where k.counts group by 1, 2, 3, 4, 5, 6;
insert into tally_deltas (journey, version, kind, name, n) select journey, '', 'refused', reason, sum(count) from refusals group by 1, 4;

-- +goose Down
drop trigger tally_runs_added on runs;
drop trigger tally_run_changed on runs;
drop trigger tally_message_added on messages;
drop trigger tally_message_changed on messages;
drop trigger tally_refused on verdicts;
drop trigger tally_refused_again on refusals;
drop trigger tally_refused_no_more on refusals;
drop trigger tally_assigned on assignments;
drop trigger tally_happened on events;
drop schema tally cascade;
alter table messages drop column opened_at, drop column machine_opened_at, drop column clicked_at, drop column complained_at, drop column unsubscribed_at;
alter table imports drop constraint imports_kind_check, add constraint imports_kind_check check (kind in ('profiles', 'events', 'consents', 'suppressions')) not valid;
drop table assignments, tally_deltas, tallies;
