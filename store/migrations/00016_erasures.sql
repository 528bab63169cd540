-- +goose Up
-- People who are being erased, or were. A row is worked off step by step; what is done is not remembered, for doing it
-- again does nothing.
create table erasures (
    id         text primary key,
    profile_id text not null,                           -- ours, opaque: nothing else is known of it any more
    profiles   text[] not null,                         -- with those that had been merged into it
    asked_by   text not null,
    state      text not null default 'open' check (state in ('open', 'settling', 'done')),
    attempts   integer not null default 0,
    due        timestamptz not null default clock_timestamp(),
    erased_at  timestamptz not null default clock_timestamp(),
    done_at    timestamptz
);
create index erasures_due on erasures (due) where state <> 'done';
create index erasures_of_profile on erasures (profile_id);

-- What keeps the erased from coming back by a late event: a keyed hash of an id, never the id.
create table erased_ids (
    hash      bytea primary key,
    erased_at timestamptz not null
);
create table erasure_key (
    only_row boolean primary key default true check (only_row),
    key      bytea not null
);
insert into erasure_key (key) values (decode(replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', ''), 'hex'));

-- +goose StatementBegin
-- The kind is 'user' or 'anonymous'. A hash of a hash, so that nothing can be put behind an id.
create function erased_hash(kind text, id text) returns bytea language sql stable as $$
    select sha256(k.key || sha256(k.key || convert_to(kind || ':' || id, 'UTF8'))) from erasure_key k
$$;
-- +goose StatementEnd

-- +goose Down
drop function erased_hash(text, text);
drop table erasure_key, erased_ids, erasures;
