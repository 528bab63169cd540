-- What comes out of files: the past, which nothing is set off by.

-- +goose Up
alter table events add column imported boolean not null default false;  -- rules count it; it enters nobody and ends no wait
-- How far a file has come. A lot of its rows and the count of them are written in one transaction.
create table imports (
    id          text primary key,                   -- hash of what is in the file and how it is read
    kind        text not null check (kind in ('profiles', 'events', 'consents', 'suppressions')),
    name        text not null,                      -- of the file
    source      text not null,                      -- of the events
    rows_done   bigint not null default 0,
    rejected    bigint not null default 0,          -- of these
    started_at  timestamptz not null default clock_timestamp(),
    finished_at timestamptz
);

-- +goose Down
drop table imports;
alter table events drop column imported;
