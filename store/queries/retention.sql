-- name: ForgetMessages :execrows
-- Ids are made in the order of time: the oldest stand first. What may still go stays.
with old as materialized (select m.id from messages m where m.created_at < @before and m.state not in ('rendered', 'claimed') order by m.id limit @most),
    bodies as (delete from message_bodies b using old where b.message_id = old.id)
delete from messages m using old where m.id = old.id;
