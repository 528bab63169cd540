-- What an arm's messages cost is counted by arm; coming back is what people do by themselves; and of two profiles that turn out to be
-- one person one assignment stays.

-- +goose Up

-- +goose StatementBegin
create or replace function tally.message_changed() returns trigger language plpgsql as $$
declare
    was text := case tg_op when 'INSERT' then '' else old.state end;
begin
    if was = 'skipped' and new.state <> 'skipped' then
        perform tally.message(old, 'skipped', -1);
    end if;
    if new.state <> was and new.state in ('sent', 'skipped', 'unknown', 'delivered', 'bounced') then
        perform tally.message(new, new.state, 1);
        if new.state = 'sent' then -- the entry that put its person into an arm pays for that arm, while its goal counts
            insert into tally_deltas (journey, version, kind, name, day, n)
            select a.experiment, a.version, 'arm_sent', a.variant || ' ' || new.channel, (a.at at time zone 'UTC')::date, 1
            from assignments a where a.run_id = new.run_id and a.experiment = new.journey and (a.until is null or coalesce(new.sent_at, now()) <= a.until);
        end if;
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

-- A claim counts nothing, so it wakes nobody.
drop trigger tally_message_changed on messages;
create trigger tally_message_changed after update on messages for each row
    when (old.state <> new.state and (old.state = 'skipped' or new.state not in ('rendered', 'claimed'))
        or new.state = 'skipped' and old.reason is distinct from new.reason
        or (old.opened_at, old.machine_opened_at, old.clicked_at, old.complained_at, old.unsubscribed_at)
            is distinct from (new.opened_at, new.machine_opened_at, new.clicked_at, new.complained_at, new.unsubscribed_at))
    execute function tally.message_changed();

-- +goose StatementBegin
create or replace function tally.assigned() returns trigger language plpgsql as $$
declare
    none tally.share := (0, 0, 0, 0, 0, 0, 0, 0, 0)::tally.share;
    now_is tally.share := none;
    was tally.share := none;
    a assignments := case tg_op when 'DELETE' then old else new end;
    born date := (a.at at time zone 'UTC')::date;
    took bigint := 0;
    weeks_were bigint := 0;
    weeks_are bigint := 0;
    bit int;
begin
    if tg_op <> 'INSERT' then
        was := tally.share_of(old);
        weeks_were := old.weeks;
    end if;
    if tg_op <> 'DELETE' then
        now_is := tally.share_of(new);
        weeks_are := new.weeks;
    end if;
    if tg_op = 'UPDATE' and (old.experiment, old.variant, old.version, old.at) is distinct from (new.experiment, new.variant, new.version, new.at) then
        raise exception 'an assignment is for ever';
    end if;
    insert into tally_deltas (journey, version, kind, name, day, n, sum, squares)
    select a.experiment, a.version, k.kind, a.variant, born, k.n, k.sum, k.squares
    from (values
        ('arm_people', now_is.people - was.people, 0, 0),
        ('arm_chance', 0, (now_is.people - was.people) * coalesce(a.chance, 0), 0),
        ('arm_converted', now_is.converted - was.converted, 0, 0),
        ('arm_value', 0, now_is.value - was.value, now_is.value ^ 2 - was.value ^ 2),
        ('arm_pre', now_is.pre_n - was.pre_n, now_is.pre - was.pre, now_is.pre ^ 2 - was.pre ^ 2),
        ('arm_product', 0, now_is.product - was.product, 0),
        ('arm_pre_value', now_is.pre_n - was.pre_n, now_is.pre_value - was.pre_value, now_is.pre_value ^ 2 - was.pre_value ^ 2),
        ('arm_unsubscribed', now_is.unsubscribed - was.unsubscribed, 0, 0),
        ('arm_complained', now_is.complained - was.complained, 0, 0)
    ) k (kind, n, sum, squares) where k.n <> 0 or k.sum <> 0 or k.squares <> 0;
    if tg_op = 'DELETE' then
        insert into tally_deltas (journey, version, kind, name, day, n)
        select old.experiment, old.version, 'arm_sent', old.variant || ' ' || m.channel, born, -count(*)
        from messages m where old.run_id <> '' and m.run_id = old.run_id and m.journey = old.experiment and m.state in ('sent', 'delivered', 'bounced')
            and (old.until is null or coalesce(m.sent_at, m.created_at) <= old.until) group by 4;
    end if;
    if tg_op <> 'INSERT' and old.converted_at is not null then
        insert into tally_deltas (journey, version, kind, name, day, n)
        select a.experiment, a.version, 'arm_delay', a.variant || ' ' || tally.doublings(old.converted_at - old.at), born, -1
        where tg_op = 'DELETE' or new.converted_at is distinct from old.converted_at;
    end if;
    if tg_op <> 'DELETE' and new.converted_at is not null then
        insert into tally_deltas (journey, version, kind, name, day, n)
        select a.experiment, a.version, 'arm_delay', a.variant || ' ' || tally.doublings(new.converted_at - new.at), born, 1
        where tg_op = 'INSERT' or new.converted_at is distinct from old.converted_at;
    end if;
    if weeks_are <> weeks_were then
        for bit in 0 .. 62 loop
            took := (weeks_are >> bit & 1) - (weeks_were >> bit & 1);
            if took <> 0 then
                insert into tally_deltas (journey, version, kind, name, day, n) values (a.experiment, a.version, 'arm_week', a.variant || ' ' || bit, born, took);
            end if;
        end loop;
    end if;
    return null;
end $$;
-- +goose StatementEnd

-- How often a minute has to be doubled to be as long.
create or replace function tally.doublings(took interval) returns int language sql immutable as $$
    select ceil(log(2.0, greatest(extract(epoch from took) / 60, 1)::numeric))::int
$$;

create trigger tally_unassigned after delete on assignments for each row execute function tally.assigned();

-- Whether somebody did that by themselves: it came from outside, and is no answer to a message, which only those get who are not held out.
create or replace function tally.by_themselves(source text, name text) returns boolean language sql immutable as $$
    select source <> 'mixtape' and name <> '' and not starts_with(name, 'message_')
        and name not in ('consent_changed', 'consent_requested', 'unsubscribed', 'enrolled', 'scheduled', 'send_requested')
$$;

-- +goose StatementBegin
create or replace function tally.happened() returns trigger language plpgsql as $$
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
            bit_or(case when position('/' in b.experiment) = 0 and e.time < b.at + interval '63 weeks' and tally.by_themselves(e.source, e.name)
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

-- What was there before.
insert into tally_deltas (journey, version, kind, name, day, n)
select a.experiment, a.version, 'arm_sent', a.variant || ' ' || m.channel, (a.at at time zone 'UTC')::date, count(*)
from assignments a join messages m on m.run_id = a.run_id and m.journey = a.experiment
where a.run_id <> '' and m.state in ('sent', 'delivered', 'bounced') and (a.until is null or coalesce(m.sent_at, m.created_at) <= a.until) group by 1, 2, 4, 5;
update assignments a set weeks = w.weeks
from (select b.experiment, b.profile_id, coalesce(bit_or(1::bigint << floor(extract(epoch from e.time - b.at) / 604800)::int), 0) as weeks
    from assignments b left join events e on e.profile_id = b.profile_id and e.time >= b.at and e.time < b.at + interval '63 weeks' and tally.by_themselves(e.source, e.name)
    where b.weeks <> 0 group by 1, 2) w
where a.experiment = w.experiment and a.profile_id = w.profile_id and a.weeks <> w.weeks;

-- +goose Down
drop trigger tally_unassigned on assignments;
drop trigger tally_message_changed on messages;
create trigger tally_message_changed after update on messages for each row
    when ((old.state, old.reason, old.opened_at, old.machine_opened_at, old.clicked_at, old.complained_at, old.unsubscribed_at)
        is distinct from (new.state, new.reason, new.opened_at, new.machine_opened_at, new.clicked_at, new.complained_at, new.unsubscribed_at))
    execute function tally.message_changed();
