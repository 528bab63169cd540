-- name: InsertMessage :one
-- A gate that looks again finds the message it made before; one that it made for another channel is of no use any more.
with stale as (delete from messages o where o.run_id = @run_id and o.visit = @visit and o.channel <> @channel and o.state = 'rendered')
insert into messages (id, run_id, journey, version, step, visit, profile_id, channel, provider, template, locale, topic, priority, address, originally_to, subject, state, reason, send_before, taken_at)
values (@id, @run_id, @journey, @version, @step, @visit, @profile_id, @channel, @provider, @template, @locale, @topic, @priority, @address, @originally_to, @subject, @state, @reason, @send_before, @taken_at)
on conflict (run_id, visit, channel) do update set state = excluded.state, reason = excluded.reason, send_before = excluded.send_before,
    address = excluded.address, originally_to = excluded.originally_to, subject = excluded.subject, provider = excluded.provider, taken_at = excluded.taken_at
    where messages.state in ('rendered', 'skipped')
returning id, state;

-- name: SaveBody :exec
insert into message_bodies (message_id, sender, html, body) values ($1, $2, $3, $4)
on conflict (message_id) do update set sender = excluded.sender, html = excluded.html, body = excluded.body;

-- name: Message :one
select * from messages where id = $1;

-- name: MessageBody :one
select * from message_bodies where message_id = $1;

-- name: MessagesOfProfile :many
select * from messages where profile_id = $1 order by created_at desc limit $2;

-- name: ListMessages :many
select * from messages where (journey = @journey or @journey = '') and (state = @state or @state = '') and id > @after order by id limit @most;

-- name: ClaimMessage :one
-- The point of no return. All that could still forbid it is asked here, in one statement; a message whose body was
-- forgotten goes through the gate again. One whose holder died is taken from him where a second copy does no harm: the
-- provider honours its key (resends), or it is transactional. Whoever holds it already has it again: the answer to the first
-- claim was lost, and nothing was handed over. (coalesce: where Postgres takes the active runs for few, it
-- would go through all of them instead of by the id.)
update messages m set state = 'claimed', attempt = m.attempt + 1, claimed_by = @holder,
    claimed_until = clock_timestamp() + interval '1 millisecond' * @lease_ms::bigint
from runs r, profiles p, journeys j, deployment d, message_bodies b
where m.id = @id and b.message_id = m.id and r.id = m.run_id and p.id = r.profile_id and j.journey = m.journey
    and (m.state = 'rendered' or (m.state = 'claimed' and m.claimed_by = @holder) or (m.state = 'claimed' and m.claimed_until < clock_timestamp()
        and (m.priority = 'transactional' or m.channel = any (@resends::text[]))))
    and coalesce(r.status, '') = 'active' and r.exit_wanted = '' and greatest(r.judged, p.dispatched) >= p.last_number
    and j.paused_at is null and d.paused_at is null and d.sending_mode <> 'off'
    and (d.sending_mode = 'redirect') = (m.originally_to <> '')
    and not p.suppressed ? m.channel and p.erased_at is null
    -- Consent, as gate.Consented has it: everything, the channel, then the topic through the channel, the topic, its default.
    and (m.priority = 'transactional' or coalesce((p.consents ->> '')::boolean, true) and coalesce((p.consents ->> ('/' || m.channel))::boolean, true)
        and (m.topic = '' or coalesce((p.consents ->> (m.topic || '/' || m.channel))::boolean, (p.consents ->> m.topic)::boolean,
            d.settings #>> array['topics', m.topic, 'default'] = 'subscribed' and coalesce(d.settings #> array['topics', m.topic, 'channels'] ? m.channel, true), false)))
    and (m.send_before is null or clock_timestamp() < m.send_before)
returning sqlc.embed(m), b.html, b.body,
    coalesce(nullif(b.sender, ''), d.settings #>> array['channels', m.channel, 'from'], '')::text as sender;

-- name: UnclaimMessage :execrows
update messages set state = 'rendered', claimed_until = null, detail = @detail, reason = @reason where id = @id and state = 'claimed' and attempt = @attempt;

-- name: GiveBackMessage :execrows
-- By who never heard that the claim was had.
update messages set state = 'rendered', claimed_until = null where id = @id and state = 'claimed' and claimed_by = @holder;

-- name: FinishMessage :one
-- Only the holder of the claim writes what became of it. With whether anything else of the run still waits to be handed over.
update messages m set state = @state, reason = @reason, provider_id = @provider_id, detail = @detail, claimed_until = null,
    sent_at = case when @state = 'sent' then clock_timestamp() end
where m.id = @id and m.state = 'claimed' and m.attempt = @attempt
returning exists (select from messages o where o.run_id = m.run_id and o.state = 'rendered') as waiting;

-- name: SkipRendered :many
update messages set state = 'skipped', reason = @reason where run_id = @run_id and state = 'rendered' returning id, step, template, channel;

-- name: RekeyMessages :exec
update messages set profile_id = @into_id where profile_id = @from_id;

-- name: ForgetBodies :execrows
with old as (select o.message_id from message_bodies o where o.created_at < @before limit @most),
    cleared as (update messages m set address = '', originally_to = '' from old where m.id = old.message_id)
delete from message_bodies b using old where b.message_id = old.message_id;

-- name: MessageOfVisit :one
select * from messages where run_id = $1 and visit = $2 and channel = $3;

-- name: LatestOfVisit :one
-- A visit that changed its channel at the gate has more than one: what was handed over counts, else the newest.
select * from messages where run_id = $1 and visit = $2
order by state in ('rendered', 'skipped'), created_at desc limit 1;

-- name: LapseMessage :execrows
update messages set state = 'unknown', reason = 'unknown', claimed_until = null
where id = @id and state = 'claimed' and attempt = @attempt and claimed_until < clock_timestamp();

-- name: MessageCounts :many
select step, channel, state, reason, count(*) as messages from messages
where journey = @journey or @journey = '' group by 1, 2, 3, 4 order by 1, 2, 3, 4;

-- name: SlotsTaken :many
-- The places taken under the caps: what went, and what is on its way. A held message has none.
select m.channel, m.topic, m.priority, m.run_id, m.visit, coalesce(m.taken_at, m.created_at)::timestamptz as taken
from messages m join runs r on r.id = m.run_id
where m.profile_id = @profile_id and coalesce(m.taken_at, m.created_at) >= @since::timestamptz and m.priority <> 'transactional'
    and (m.state in ('claimed', 'sent', 'delivered', 'bounced', 'unknown') or (m.state = 'rendered' and r.phase = 'delivering'))
    and r.clock is not distinct from @clock::jsonb
order by taken;
