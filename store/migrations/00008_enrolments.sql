-- +goose NO TRANSACTION
-- Entry of many at once: by a segment, a rule, a list, or a schedule. Each statement may be run again.

-- +goose Up
create table if not exists enrolments (
    id           text primary key,                  -- in Temporal enrol/<id>
    journey      text not null,
    source       text not null check (source in ('segment', 'rule', 'ids', 'schedule')),
    audience     text not null default '',          -- the segment's key, or the rule
    occurrence   timestamptz,                       -- of a schedule: when the first clocks come to it
    per_minute   integer not null default 0,        -- how many may enter; 0: as many as it goes
    spread_ms    bigint not null default 0,         -- over how long their runs begin
    state        text not null check (state in ('draft', 'running', 'paused', 'cancelled', 'done')),
    why          text not null default '',          -- it ended without letting anybody in
    part         timestamptz,                       -- of a schedule: the instant in hand; those before it are done
    zone         text not null default '',          -- within the instant
    after_id     text not null default '',          -- the last profile that was seen
    total        bigint not null default 0,         -- as it was counted at the start
    seen         bigint not null default 0,
    entered      bigint not null default 0,
    refused      jsonb not null default '{}',       -- reason -> how many
    created_by   text not null default '',
    created_at   timestamptz not null default clock_timestamp(),
    started_at   timestamptz,
    finished_at  timestamptz
);
create index if not exists enrolments_open on enrolments (id) where state in ('running', 'paused');
create index if not exists enrolments_created on enrolments (created_at);

-- Whom a list names.
create table if not exists enrolment_ids (
    enrolment  text not null,
    profile_id text not null,
    primary key (enrolment, profile_id)
);

-- The schedules that Temporal keeps for us, and since when each lets people in as it does now.
create table if not exists schedules (
    journey    text primary key,
    definition text not null,                       -- the schedule as it is written, and the workspace's zone
    since      timestamptz not null
);

-- A schedule goes from zone to zone.
drop index concurrently if exists profiles_zone;
create index concurrently profiles_zone on profiles ((coalesce(attributes ->> 'timezone', '')), id);
-- Whose workflow is yet to be started is not lost.
drop index concurrently if exists outbox_starts;
create index concurrently outbox_starts on outbox (run_id) where kind = 'start';

-- +goose Down
drop index concurrently if exists outbox_starts;
drop index concurrently if exists profiles_zone;
drop table schedules, enrolment_ids, enrolments;
