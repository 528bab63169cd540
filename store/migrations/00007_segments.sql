-- Who is in which segment. The memberships themselves stand in profiles.segments.

-- +goose Up
create table segments (
    segment      text primary key,
    place        integer not null,                    -- behind those that its rule asks for
    name         text not null,
    rule         text not null,
    hash         text not null,                       -- of all that says who is in it; 'gone': nobody is
    listens      text[] not null default '{}',        -- events that may change who is in it
    computed     text not null default '',            -- the hash by which everybody was looked at; '': nobody was yet
    checked      text not null default '',            -- the same for the second look
    quietly      boolean not null default false,      -- the look that is due lets nobody into journeys
    filled       text not null default '',            -- the hash and the look that segment_work is of
    computed_at  timestamptz,
    published_at timestamptz not null default now(),
    archived_at  timestamptz
);

-- Who entered and left, when and why.
create table segment_changes (
    segment    text not null,
    profile_id text not null,
    at         timestamptz not null,
    entered    boolean not null,
    why        text not null check (why in ('event', 'profile', 'time', 'rule', 'merge')),
    cause      text not null default ''               -- the event's name, or those of the changed attributes
);
create index segment_changes_of_profile on segment_changes (profile_id, at);
create index segment_changes_of_segment on segment_changes (segment, at);
create index segment_changes_at on segment_changes using brin (at);

-- When somebody has to be looked at again though nothing happens.
create table segment_due (
    profile_id text not null,
    segment    text not null,
    at         timestamptz not null,
    primary key (profile_id, segment)
);
create index segment_due_at on segment_due (at);

-- Whom a changed rule concerns: what a sweep has yet to do.
create table segment_work (
    segment    text not null,
    profile_id text not null,
    primary key (segment, profile_id)
);

-- +goose Down
drop table segment_work, segment_due, segment_changes, segments;
