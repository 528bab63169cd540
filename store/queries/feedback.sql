-- name: MessageByProviderID :one
select * from messages where provider_id = @provider_id and provider_id <> '' order by created_at desc limit 1;

-- name: MoveMessage :execrows
-- Reports come in any order: a state is left for a later one only.
update messages set state = @state, detail = coalesce(nullif(@detail::text, ''), detail)
where id = @id and state = any (@since::text[]);

-- name: ProfilesByPhone :many
-- However it is written: providers say +33612345678 of what people call +33 6 12 34 56 78.
select id from profiles where regexp_replace(attributes ->> 'phone', '[^+0-9]', '', 'g') = @phone::text and attributes ? 'phone'
    and merged_into is null and erased_at is null order by id limit 100;

-- name: SoftBounceDays :one
-- On how many days messages came back for now, since one arrived there or the address was changed.
select count(distinct (e.arrival at time zone 'UTC')::date) from events e
where e.profile_id = @profile_id and e.name = 'message_bounced' and e.properties ->> 'channel' = @channel::text and e.properties ->> 'permanent' = 'false'
    and e.arrival > @since::timestamptz
    and e.number > coalesce((select max(o.number) from events o where o.profile_id = @profile_id
        and (o.name in ('message_delivered', 'message_opened', 'message_clicked') and o.properties ->> 'channel' = @channel::text
            or @address::text = any (o.changed))), 0);
