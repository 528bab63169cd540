-- name: Enqueue :exec
insert into outbox (run_id, kind, seq, why, rank) values ($1, $2, $3, $4, $5);

-- name: EnqueueWakes :exec
-- A sweep's page.
insert into outbox (run_id, kind, seq, why, rank)
select r.id, 'wake', r.seq, @why, 1 from runs r where r.id = any (@ids::text[]) and r.status = 'active';

-- name: TakeOutbox :many
-- The rows stay locked until the relay has told Temporal; who dies in between gives them back.
select o.id, o.run_id, o.kind, o.seq, o.why, o.attempts, r.journey, r.version, r.profile_id, r.status, r.clock, r.seq as run_seq
from outbox o join runs r on r.id = o.run_id
where o.due <= clock_timestamp() order by o.rank, o.due, o.id limit $1 for update of o skip locked;

-- name: DeleteOutbox :exec
delete from outbox where id = any ($1::bigint[]);

-- name: PostponeOutbox :exec
update outbox set attempts = attempts + 1, due = clock_timestamp() + least(attempts + 1, 60) * interval '1 second' where id = any ($1::bigint[]);

-- name: OutboxAge :one
select count(*) as rows, coalesce(extract(epoch from clock_timestamp() - min(due)), 0)::float8 as seconds from outbox where due <= clock_timestamp();
