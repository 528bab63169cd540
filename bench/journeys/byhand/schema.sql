create table byhand_profiles (id text primary key, attributes jsonb not null);
create table byhand_events (profile_id text not null, number bigint not null, name text not null, primary key (profile_id, number));
create table byhand_messages (
    id text primary key, run_id text not null, profile_id text not null, template text not null, address text not null,
    subject text not null, html text not null, body text not null, state text not null default 'rendered',
    provider_id text not null default '', created_at timestamptz not null default clock_timestamp(), sent_at timestamptz
);
create table byhand_nodes (
    run_id text not null, profile_id text not null, node text not null, at timestamptz not null default clock_timestamp(),
    primary key (profile_id, node)
);
create table byhand_workspace (name text not null);
insert into byhand_workspace values ('bench');
