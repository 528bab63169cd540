-- +goose NO TRANSACTION
-- The two tables are large and never rest: their indexes are built beside the writes. What an attempt that broke off has
-- left is removed first.

-- +goose Up
drop index concurrently if exists runs_stuck;
create index concurrently runs_stuck on runs (id) where stuck_code is not null;
drop index concurrently if exists messages_unknown;
create index concurrently messages_unknown on messages (id) where state = 'unknown';

-- +goose Down
drop index concurrently if exists messages_unknown;
drop index concurrently if exists runs_stuck;
