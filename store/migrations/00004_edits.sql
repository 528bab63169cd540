-- Edits of what is running: a new version for runs in flight, and what a lifted pause does with what came due.

-- +goose Up
alter table runs add column migrate_to text;                                -- the version that the run is to go on by
alter table journeys add column resumed_at timestamptz, add column resume_how text not null default 'send';
alter table deployment add column resumed_at timestamptz, add column resume_how text not null default 'send';

-- +goose Down
alter table deployment drop column resume_how, drop column resumed_at;
alter table journeys drop column resume_how, drop column resumed_at;
alter table runs drop column migrate_to;
