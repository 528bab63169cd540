-- name: PreviousMessage :one
-- The last message of a channel that went to a person, which templates may read.
select template, subject, sent_at from messages
where profile_id = @profile_id and channel = @channel and sent_at is not null
order by created_at desc limit 1;
