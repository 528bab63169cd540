-- name: Trouble :one
-- Both have an index of their own: it is asked at every scrape.
select (select count(*) from runs where stuck_code is not null and status = 'active') as stuck,
    (select count(*) from messages where reason = 'unknown' and state = 'unknown') as unknown;
