-- +goose Up
-- Consents that were asked for and wait for their confirmation: by key, when.
alter table profiles add column requested jsonb not null default '{}';

-- +goose Down
alter table profiles drop column requested;
