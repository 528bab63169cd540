-- name: ProfilesOfPerson :many
-- A profile and all that were merged into it, directly or not.
with recursive chain as (
    select p.id, 1 as depth from profiles p where p.id = @id::text
    union
    select p.id, c.depth + 1 from chain c join profiles p on p.merged_into = c.id where c.depth < 64
)
select distinct chain.id from chain order by chain.id;

-- name: ErasureOf :one
select * from erasures where profile_id = $1 order by erased_at desc limit 1;

-- name: Erasure :one
select * from erasures where id = $1;

-- name: Erasures :many
select * from erasures where id > @after order by id limit @most;

-- name: InsertErasure :exec
insert into erasures (id, profile_id, profiles, asked_by) values (@id, @profile_id, @profiles::text[], @asked_by);

-- name: EraseIDs :exec
insert into erased_ids (hash, erased_at)
select erased_hash('user', p.user_id), clock_timestamp() from profiles p where p.id = any (@ids::text[]) and p.user_id is not null
union
select erased_hash('anonymous', a.anonymous_id), clock_timestamp() from anonymous_ids a where a.profile_id = any (@ids::text[])
on conflict (hash) do update set erased_at = excluded.erased_at;

-- name: EraseAnonymousIDs :exec
delete from anonymous_ids where profile_id = any (@ids::text[]);

-- name: EraseProfiles :exec
update profiles set user_id = null, attributes = '{}', consents = '{}', requested = '{}', suppressed = '{}', devices = '[]',
    computed = '{}', segments = '{}', dispatched = last_number, pending_since = null, retry_at = null,
    erased_at = coalesce(erased_at, clock_timestamp()), updated_at = clock_timestamp()
where id = any (@ids::text[]);

-- name: EraseMessagesInHand :many
-- What was rendered is not sent. What is claimed is on its way.
update messages set state = 'skipped', reason = 'erased' where profile_id = any (@ids::text[]) and state = 'rendered'
returning id, run_id, journey, version, step, channel;

-- name: EndErasedRuns :many
update runs set status = 'ended', exit_reason = 'erased', exit_wanted = 'erased', ended_at = clock_timestamp(), phase = 'ended',
    next_wake_at = null, stuck_code = null, migrate_to = null
where profile_id = any (@ids::text[]) and status = 'active' returning id, journey, version, step;

-- name: EraseRuns :exec
-- How they ended and when their goal was reached stays: reports count it.
update runs set state = '{}', key = '', why = '', goal_until = null where profile_id = any (@ids::text[]) and state <> '{}';

-- name: EraseLetters :exec
delete from outbox where run_id in (select r.id from runs r where r.profile_id = any (@ids::text[]));

-- name: TakeErasure :one
-- The next one, for a while: who dies gives it back.
update erasures set due = clock_timestamp() + interval '1 minute', attempts = attempts + 1
where id = (select e.id from erasures e where e.state <> 'done' and e.due <= clock_timestamp() order by e.due limit 1 for update skip locked)
returning *;

-- name: PostponeErasure :exec
update erasures set due = clock_timestamp() + least(attempts, 60) * interval '1 second' where id = $1;

-- name: SettleErasure :exec
-- Looked at a second time after a minute: what was under way when it began has ended by then.
update erasures set state = case state when 'open' then 'settling' else 'done' end, attempts = 0,
    due = clock_timestamp() + interval '1 millisecond' * @after_ms::bigint,
    done_at = case when state = 'settling' then clock_timestamp() end
where id = @id;

-- name: RunsOfErasure :many
select r.id from runs r where r.profile_id = any (@ids::text[]) and r.status <> 'held_out' and r.id > @after order by r.id limit @most;

-- name: ErasedAt :one
-- When a person with one of these ids was erased.
select coalesce(max(e.erased_at), 'epoch')::timestamptz as at, clock_timestamp()::timestamptz as now from erased_ids e
where e.hash in (erased_hash('user', @user_id::text), erased_hash('anonymous', @anonymous_id::text));

-- name: ErasedAmong :many
-- Those of the ids whose people were erased.
select w.id::text as id from unnest(@ids::text[]) w (id) join erased_ids e on e.hash = erased_hash(@kind::text, w.id);

-- name: Readmit :exec
delete from erased_ids e where e.hash in (erased_hash('user', @user_id::text), erased_hash('anonymous', @anonymous_id::text));

-- name: WipeEventDays :execrows
delete from event_days where (profile_id, name, day) in
    (select d.profile_id, d.name, d.day from event_days d where d.profile_id = any (@ids::text[]) limit @most);

-- name: WipeEvents :execrows
-- The days went before, so that the trigger finds nothing to add up again.
with old as (select e.profile_id, e.number, e.source, e.id from events e where e.profile_id = any (@ids::text[]) limit @most),
    seen as (delete from seen_events s using old where s.source = old.source and s.id = old.id)
delete from events e using old where e.profile_id = old.profile_id and e.number = old.number;

-- name: WipeBodies :execrows
delete from message_bodies where message_id in
    (select b.message_id from messages m join message_bodies b on b.message_id = m.id where m.profile_id = any (@ids::text[]) limit @most);

-- name: WipeMessages :execrows
-- Who died with one in hand does not tell any more whether it went.
update messages set address = '', originally_to = '', subject = '', provider_id = '', detail = '', locale = '',
    state = case when state = 'claimed' and claimed_until < clock_timestamp() then 'unknown' else state end,
    reason = case when state = 'claimed' and claimed_until < clock_timestamp() then 'unknown' else reason end
where id in (select m.id from messages m where m.profile_id = any (@ids::text[])
    and (address || originally_to || subject || provider_id || detail || locale <> '' or state = 'claimed' and claimed_until < clock_timestamp()) limit @most);

-- name: WipeCalls :execrows
update calls set url = '', headers = '{}', body = '', answer = null,
    state = case state when 'asked' then 'failed' else state end, reason = case state when 'asked' then 'erased' else reason end
where id in (select c.id from calls c where c.profile_id = any (@ids::text[])
    and (c.url || c.body <> '' or c.headers <> '{}' or c.answer is not null or c.state = 'asked') limit @most);

-- name: WipeDecisions :execrows
-- What was decided stays, and why by the closed list; with what, and in which words, does not.
update decisions set words = '', inputs = null where (at, id) in
    (select d.at, d.id from decisions d where d.profile_id = any (@ids::text[]) and (d.words <> '' or d.inputs is not null) limit @most);

-- name: WipeVerdicts :execrows
update verdicts set key = 'erased-' || gen_random_uuid() where (profile_id, number, journey, key) in
    (select v.profile_id, v.number, v.journey, v.key from verdicts v
    where v.profile_id = any (@ids::text[]) and v.key <> '' and v.key not like 'erased-%' limit @most);

-- name: WipeMoves :execrows
delete from moves where (run_id, seq) in
    (select m.run_id, m.seq from moves m join runs r on r.id = m.run_id where r.profile_id = any (@ids::text[]) limit @most);

-- name: WipeFailures :execrows
delete from dispatch_failures where profile_id = any (@ids::text[]);

-- name: WipeSegmentChanges :execrows
delete from segment_changes where profile_id = any (@ids::text[]);

-- name: WipeSegmentDue :execrows
delete from segment_due where profile_id = any (@ids::text[]);

-- name: WipeSegmentWork :execrows
delete from segment_work where profile_id = any (@ids::text[]);

-- name: WipeEnrolmentIDs :execrows
delete from enrolment_ids where profile_id = any (@ids::text[]);
