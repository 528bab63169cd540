-- name: InsertDecisions :exec
-- All that a transaction decided, in its order.
insert into decisions (profile_id, run_id, journey, version, step, kind, reason, words, inputs, run_time)
select d.profile_id, d.run_id, d.journey, d.version, d.step, d.kind, d.reason, d.words, d.inputs, d.run_time
from json_to_recordset(@rows::json) as d (profile_id text, run_id text, journey text, version text, step text, kind text, reason text,
    words text, inputs jsonb, run_time timestamptz);

-- name: DecisionsOfProfile :many
select * from decisions where profile_id = $1 order by at desc, id desc limit $2;

-- name: DecisionsOfRun :many
select * from decisions where run_id = $1 order by at, id limit $2;

-- name: CountRefusal :exec
insert into refusals (profile_id, journey, reason) values ($1, $2, $3)
on conflict (profile_id, journey, reason) do update set count = refusals.count + 1, last = clock_timestamp();

-- name: RefusalsOfProfile :many
select * from refusals where profile_id = $1 order by journey, reason;

-- name: RefusalCounts :many
select r.journey, r.reason, sum(r.count)::bigint as n from refusals r
where r.journey = @journey or @journey = '' group by 1, 2 order by 1, 2;

-- name: VerdictCounts :many
select v.journey, v.refused, count(*) as n from verdicts v
where v.refused <> '' and (v.journey = @journey or @journey = '') group by 1, 2 order by 1, 2;

-- name: MoveDecisions :exec
update decisions set profile_id = @into_id where profile_id = @from_id;

-- name: MoveRefusals :exec
insert into refusals as r (profile_id, journey, reason, count, last)
select @into_id, o.journey, o.reason, o.count, o.last from refusals o where o.profile_id = @from_id
on conflict (profile_id, journey, reason) do update set count = r.count + excluded.count, last = greatest(r.last, excluded.last);

-- name: DropRefusals :exec
delete from refusals where profile_id = $1;

-- name: InsertVerdict :one
-- Nothing comes back when the verdict was given before.
insert into verdicts (profile_id, number, journey, key, refused, run_id) values ($1, $2, $3, $4, $5, $6)
on conflict do nothing returning number;

-- name: MoveVerdicts :exec
update verdicts set profile_id = @into_id, number = number + @shift::bigint where profile_id = @from_id;

-- name: ForgetVerdicts :execrows
delete from verdicts where (profile_id, number, journey, key) in
    (select v.profile_id, v.number, v.journey, v.key from verdicts v where v.at < @before limit @most);

-- name: RecordFailure :one
insert into dispatch_failures (profile_id, number, journey, attempts, error) values ($1, $2, $3, 1, $4)
on conflict (profile_id, number, journey) do update set attempts = dispatch_failures.attempts + 1, error = excluded.error, last = clock_timestamp()
returning attempts;

-- name: Failures :many
select * from dispatch_failures where profile_id = $1 and number = $2;
