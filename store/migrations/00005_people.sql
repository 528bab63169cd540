-- What is worked out of people: the segments that they are in, and scores and affinities.

-- +goose Up
alter table profiles add column segments text[] not null default '{}', add column computed jsonb not null default '{}';
create index profiles_segments on profiles using gin (segments);

-- +goose Down
drop index profiles_segments;
alter table profiles drop column computed, drop column segments;
