-- +goose NO TRANSACTION
-- Each statement may be run again: one that broke off is begun anew.

-- +goose Up
alter table events add column if not exists start text not null default '';      -- the journey that it asks to enter
alter table messages add column if not exists taken_at timestamptz;              -- real time at which it took its place under the caps

alter table messages add column if not exists claimed_by text not null default ''; -- the delivery that holds it, which knows it again after a lost answer

-- What call steps ask of web services, one row a step visit. Secrets are not in it: the request names them between marks.
create table if not exists calls (
    id          text primary key,
    run_id      text not null,
    journey     text not null,
    version     text not null,
    step        text not null,
    visit       integer not null,
    profile_id  text not null,                       -- follows merges
    method      text not null,
    url         text not null,
    headers     jsonb not null default '{}',
    body        text not null default '',
    mark        text not null default '',            -- stands before and after the name of a secret
    timeout_ms  bigint not null,                     -- of one attempt
    state       text not null check (state in ('asked', 'answered', 'failed')),
    reason      text not null default '',            -- of a failure
    status      integer not null default 0,          -- the last that was answered
    attempts    integer not null default 0,
    answer      jsonb,
    created_at  timestamptz not null default clock_timestamp(),
    done_at     timestamptz,
    unique (run_id, visit)
);
create index if not exists calls_of_profile on calls (profile_id, created_at);
create index if not exists calls_created on calls (created_at);

-- Entries of a journey with a limit, counted by the hour, day, week or month that began then.
create table if not exists entry_counts (
    journey text not null,
    period  timestamptz not null,
    entries integer not null,
    primary key (journey, period)
);

-- What rules of the workspace look things up in, by its hash: large, and read once by each process.
create table if not exists reference (
    id         text primary key,
    content    jsonb not null,
    created_at timestamptz not null default now()
);

drop index concurrently if exists runs_entered;
create index concurrently runs_entered on runs (journey, entered_at);

-- +goose Down
drop index concurrently if exists runs_entered;
drop table reference, entry_counts, calls;
alter table messages drop column claimed_by, drop column taken_at;
alter table events drop column start;
