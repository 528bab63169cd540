-- How long goals took is said of those who entered, not of the held-out.

-- +goose Up

-- +goose StatementBegin
create or replace function tally.run_changed() returns trigger language plpgsql as $$
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
        if new.status <> 'held_out' then
            insert into tally_deltas (journey, version, kind, name, n)
            values (new.journey, new.version, 'goal_after', tally.doublings(new.goal_at - new.entered_at)::text, 1);
        end if;
    end if;
    return null;
end $$;
-- +goose StatementEnd

insert into tally_deltas (journey, version, kind, name, day, n)
select journey, version, 'goal_after', tally.doublings(goal_at - entered_at)::text, (goal_at at time zone 'UTC')::date, -count(*)
from runs where status = 'held_out' and goal_at is not null group by 1, 2, 4, 5;

-- +goose Down
-- What is counted so stays.
