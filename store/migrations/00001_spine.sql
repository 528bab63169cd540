-- +goose Up

-- One row a person. Its row lock (FOR NO KEY UPDATE) is THE lock of everything that happens to that
-- person: whoever numbers an event, judges it, or moves a run holds it.
-- Order of locks: profiles by id, then runs, then messages.
create table profiles (
    id             text primary key,                -- ours, opaque; the only id of a person that enters Temporal
    user_id        text unique,                     -- the caller's; null while anonymous
    attributes     jsonb not null default '{}',
    consents       jsonb not null default '{}',     -- topic -> true or false; '' is everything not transactional
    suppressed     jsonb not null default '{}',     -- channel -> why
    devices        jsonb not null default '[]',
    merged_into    text,
    erased_at      timestamptz,
    last_number    bigint not null default 0,       -- number of the newest event
    dispatched     bigint not null default 0,       -- events up to this number are judged
    pending_since  timestamptz,                     -- set while there are events that are not
    retry_at       timestamptz,                     -- dispatch failed: not again before this
    created_at     timestamptz not null default now(),
    updated_at     timestamptz not null default now()
) with (fillfactor = 80);
create index profiles_email on profiles ((attributes ->> 'email'));
create index profiles_pending on profiles (pending_since) where pending_since is not null;

create table anonymous_ids (
    anonymous_id text primary key,
    profile_id   text not null references profiles (id)
);
create index anonymous_ids_profile on anonymous_ids (profile_id);

-- What a profile did, and what was changed of it (name '' and the changed attributes), in one order.
create table events (
    profile_id text not null,
    number     bigint not null,
    id         text not null,                       -- the caller's messageId
    source     text not null,                       -- name of the write key, or 'mixtape'
    name       text not null,
    properties jsonb not null default '{}',
    changed    text[] not null default '{}',        -- attributes, never their values
    time       timestamptz not null,                -- when it happened, never after arrival
    arrival    timestamptz not null,                -- database clock
    chain      smallint not null default 0,         -- how many entries led to it within the hour
    moved      boolean not null default false,      -- came by a merge: judged again for runs, not for entries
    primary key (profile_id, number)
);
create index events_by_name on events (profile_id, name, time);

-- Event ids already taken, for 30 days.
create table seen_events (
    source  text not null,
    id      text not null,
    arrival timestamptz not null default clock_timestamp(),
    primary key (source, id)
);
create index seen_events_arrival on seen_events (arrival);

-- Event names and attributes seen, for did-you-mean and the console.
create table seen_names (
    kind text not null check (kind in ('event', 'attribute')),
    name text not null,
    first_seen timestamptz not null default now(),
    primary key (kind, name)
);

create table write_keys (
    hash       bytea primary key,                   -- SHA-256 of the key; the key itself is shown once and never stored
    kind       text not null check (kind in ('server', 'client', 'admin')),
    name       text not null unique,
    created_at timestamptz not null default now(),
    revoked_at timestamptz
);

-- The deployment: one row.
create table deployment (
    only_row      boolean primary key default true check (only_row),
    settings      jsonb not null default '{"name": "unnamed"}',    -- of workspace.yaml, as applied
    sending_mode  text not null default 'off' check (sending_mode in ('off', 'live', 'redirect')),
    redirect_to   text not null default '',
    paused_at     timestamptz,                              -- everything is held
    applied_at    timestamptz
);
insert into deployment default values;

create table journeys (
    journey      text primary key,
    version      text not null,                     -- the one that new runs get
    paused_at    timestamptz,
    archived_at  timestamptz,                       -- no longer in the workspace: no new runs
    published_at timestamptz not null default now()
);

create table journey_versions (
    journey    text not null,
    version    text not null,                       -- hash of source and templates
    source     text not null,
    templates  jsonb not null,                      -- file name -> source
    listens    text[],                              -- events that may mean something to it; null: any may
    created_at timestamptz not null default now(),
    primary key (journey, version)
);

-- One row an entry: a run, or the entry of somebody held out.
create table runs (
    id            text primary key,                 -- <journey>/<profile>/<n>: the workflow id, for ever
    journey       text not null,
    version       text not null,
    profile_id    text not null,                    -- follows merges; the id does not
    origin        text not null,                    -- the profile in the id
    n             integer not null,
    key           text not null default '',
    status        text not null check (status in ('active', 'ended', 'held_out')),
    overlapping   boolean not null default false,   -- re-entry `always`: several may be active
    clock         jsonb,                            -- null: real time
    state         jsonb not null,                   -- journey.State
    judged        bigint not null default 0,        -- as in state; read by the claim
    exit_wanted   text not null default '',         -- as in state; read by the claim
    seq           integer not null default 0,       -- the last move computed
    phase         text not null default 'waiting',  -- the JourneyState of Temporal
    step          text not null default '',
    why           text not null default '',         -- where it is and what comes next, in words
    next_wake_at  timestamptz,                      -- real time
    entered_at    timestamptz not null,             -- real time
    ended_at      timestamptz,
    exit_reason   text,
    goal_until    timestamptz,                      -- real time; null: there is no goal to wait for
    goal_at       timestamptz,
    goal_value    double precision,
    stuck_code    text,                             -- panicked; visible and retried by command
    checked_at    timestamptz,                      -- the reconciler saw its workflow
    unique (journey, origin, n)
) with (fillfactor = 80);
create unique index runs_one_active on runs (journey, profile_id, key) where status = 'active' and exit_wanted = '' and not overlapping;
create index runs_of_profile on runs (profile_id, journey, key, entered_at);
create index runs_active on runs (journey, version, id) where status = 'active';
create index runs_active_id on runs (id) where status = 'active';
create index runs_goal_open on runs (profile_id, goal_until) where goal_at is null and goal_until is not null;
create index runs_active_of_profile on runs (profile_id) where status = 'active';

-- What a run was told to do, by number; kept while the run lives, so that a replay hears the same again.
create table moves (
    run_id  text not null,
    seq     integer not null,
    move    jsonb not null,
    cause   jsonb not null,
    at      timestamptz not null default clock_timestamp(),
    primary key (run_id, seq)
);

create table messages (
    id            text primary key,
    run_id        text not null,
    journey       text not null,
    version       text not null,
    step          text not null,
    visit         integer not null,
    profile_id    text not null,
    channel       text not null,
    provider      text not null,
    template      text not null,
    locale        text not null default '',
    topic         text not null default '',
    priority      text not null default 'normal',
    address       text not null default '',         -- cleared with the body
    originally_to text not null default '',         -- sending mode redirect
    subject       text not null default '',
    state         text not null check (state in ('rendered', 'claimed', 'sent', 'delivered', 'bounced', 'skipped', 'unknown')),
    reason        text not null default '',
    send_before   timestamptz,                      -- real time
    attempt       integer not null default 0,       -- of the claim that holds it
    claimed_until timestamptz,
    provider_id   text not null default '',
    detail        text not null default '',         -- the provider's own words; never leave the database
    created_at    timestamptz not null default clock_timestamp(),
    sent_at       timestamptz,
    unique (run_id, visit, channel)
);
create index messages_of_profile on messages (profile_id, created_at);

create table message_bodies (
    message_id text primary key,
    sender     text not null default '',
    html       text not null default '',
    body       text not null default '',
    created_at timestamptz not null default clock_timestamp()
);
create index message_bodies_created on message_bodies (created_at);

-- The ledger: every decision with its reason. Partitioned by month, dropped as partitions.
create table decisions (
    at         timestamptz not null default clock_timestamp(),
    id         bigint generated always as identity,
    profile_id text not null,
    run_id     text not null default '',
    journey    text not null default '',
    version    text not null default '',
    step       text not null default '',
    kind       text not null,                       -- entry, a step kind, gate, exit, goal, consent, operator
    reason     text not null,
    words      text not null default '',            -- the same for people
    inputs     jsonb,
    run_time   timestamptz,                         -- in the run's clock, where that is not real time
    primary key (at, id)
) partition by range (at);
create table decisions_default partition of decisions default;
create index decisions_of_profile on decisions (profile_id, at);
create index decisions_of_run on decisions (run_id, at);

-- Refusals that repeat with every event: counted, one row a journey and profile.
create table refusals (
    profile_id text not null,
    journey    text not null,
    reason     text not null,
    count      bigint not null default 1,
    last       timestamptz not null default clock_timestamp(),
    primary key (profile_id, journey, reason)
);

-- An entry verdict is unique by event, journey and key, and is never thought over.
create table verdicts (
    profile_id text not null,
    number     bigint not null,
    journey    text not null,
    key        text not null,
    refused    text not null default '',
    run_id     text not null default '',
    at         timestamptz not null default clock_timestamp(),
    primary key (profile_id, number, journey, key)
);

-- An (event, journey) pair that keeps failing is given up after five times, and blocks nobody.
create table dispatch_failures (
    profile_id text not null,
    number     bigint not null,
    journey    text not null,
    attempts   integer not null,
    error      text not null,
    last       timestamptz not null default clock_timestamp(),
    primary key (profile_id, number, journey)
);

-- What Temporal is to be told, written by the transaction that decided it.
create table outbox (
    id         bigint generated always as identity primary key,
    run_id     text not null,
    kind       text not null check (kind in ('start', 'wake')),
    seq        integer not null default 0,          -- the move that a wake was judged against
    why        text not null default '',
    rank       smallint not null default 0,         -- 0 live, 1 sweeps
    attempts   integer not null default 0,
    due        timestamptz not null default clock_timestamp()
);
create index outbox_order on outbox (rank, due, id);

-- +goose Down
drop table outbox, dispatch_failures, verdicts, refusals, decisions, message_bodies, messages, moves, runs,
    journey_versions, journeys, deployment, write_keys, seen_names, seen_events, events, anonymous_ids, profiles;
