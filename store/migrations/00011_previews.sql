-- +goose Up

-- Previews on their way to somebody who wants to see a message as it arrives: no messages, and nothing counts them. A worker takes
-- each out before it hands it over.
create table previews (
    id            text primary key,
    profile_id    text not null,                     -- with whose data it was rendered
    channel       text not null,
    address       text not null,
    originally_to text not null default '',          -- sending mode redirect
    sender        text not null default '',
    subject       text not null default '',
    html          text not null default '',
    body          text not null default '',
    created_at    timestamptz not null default clock_timestamp()
);

-- +goose Down
drop table previews;
