-- +goose NO TRANSACTION
-- The two tables are large and never rest: their indexes are built beside the writes. What an attempt that broke off has
-- left is removed first. Only a message that is unknown has that reason: an index by its state would be touched by every
-- claim and outcome, and none of these could stay on its page (HOT).

-- +goose Up
drop index concurrently if exists runs_stuck;
create index concurrently runs_stuck on runs (id) where stuck_code is not null;
drop index concurrently if exists messages_unknown;
create index concurrently messages_unknown on messages (id) where reason = 'unknown';

-- A message is written three times before it rests: room for that on its page.
alter table messages set (fillfactor = 70);

-- +goose Down
alter table messages reset (fillfactor);
drop index concurrently if exists messages_unknown;
drop index concurrently if exists runs_stuck;
