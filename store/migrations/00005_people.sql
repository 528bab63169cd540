-- +goose NO TRANSACTION
-- What is worked out of people: the segments that they are in, and scores and affinities. Each statement may be run again.

-- +goose Up
alter table profiles add column if not exists segments text[] not null default '{}';
alter table profiles add column if not exists computed jsonb not null default '{}';
drop index concurrently if exists profiles_segments;
create index concurrently profiles_segments on profiles using gin (segments);

-- +goose Down
drop index concurrently if exists profiles_segments;
alter table profiles drop column computed, drop column segments;
