-- name: Enqueue :exec
insert into outbox (run_id, kind, seq, why, rank) values ($1, $2, $3, $4, $5);

-- name: EnqueueWakes :exec
-- A sweep's page.
insert into outbox (run_id, kind, seq, why, rank)
select r.id, 'wake', r.seq, @why, 1 from runs r where r.id = any (@ids::text[]) and r.status = 'active';

-- name: TakeOutbox :many
-- The rows stay locked until the relay has told Temporal; who dies in between gives them back.
-- Each rank by itself, and against one instant: so the index ends where what is due later begins, however much that is.
with live as (
    select l.id from outbox l where l.rank = 0 and l.due <= now() order by l.due, l.id limit $1 for update skip locked
), behind as (
    select b.id from outbox b where b.rank = 1 and b.due <= now() order by b.due, b.id
    limit $1 - (select count(*) from live) for update skip locked
)
select o.id, o.run_id, o.kind, o.seq, o.why, o.attempts, r.journey, r.version, r.profile_id, r.status, r.clock, r.seq as run_seq
from (select live.id from live union all select behind.id from behind) taken join outbox o on o.id = taken.id join runs r on r.id = o.run_id
order by o.rank, o.due, o.id;

-- name: DeleteOutbox :exec
delete from outbox where id = any ($1::bigint[]);

-- name: PostponeOutbox :exec
update outbox set attempts = attempts + 1, due = clock_timestamp() + least(attempts + 1, 60) * interval '1 second' where id = any ($1::bigint[]);

-- name: OutboxAge :one
select count(*) as rows, coalesce(extract(epoch from clock_timestamp() - min(due)), 0)::float8 as seconds from outbox where due <= clock_timestamp();
