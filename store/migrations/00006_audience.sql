-- What rules mean, for statements over many profiles: package rules writes calls of these functions. They say what its
-- evaluation says: what is absent, or of another kind, is null, and no value whatever raises an error. Those of one
-- expression are written into the statement by the planner.

-- +goose Up
create schema rules;

-- The time zones that Postgres and Mixtape both know; Migrate fills it.
create table time_zones (name text primary key);

create function rules.text(value jsonb) returns text language sql immutable parallel safe
    return case when jsonb_typeof(value) = 'string' then value #>> '{}' end;

create function rules.number(value jsonb) returns numeric language sql immutable parallel safe
    return case when jsonb_typeof(value) = 'number' then value::numeric end;

create function rules.bool(value jsonb) returns boolean language sql immutable parallel safe
    return case when jsonb_typeof(value) = 'boolean' then value::boolean end;

-- How two values of one kind are ordered.
create function rules.compare(a jsonb, b jsonb) returns integer language sql immutable parallel safe
    return case when jsonb_typeof(a) <> jsonb_typeof(b) then null
        when jsonb_typeof(a) = 'number' then sign(a::numeric - b::numeric)::integer
        when jsonb_typeof(a) = 'string' then
            case when (a #>> '{}') collate "C" < (b #>> '{}') then -1 when a = b then 0 else 1 end
        when jsonb_typeof(a) = 'boolean' then a::boolean::integer - b::boolean::integer end;

-- An element of a list by its place, or a value of a map by its key.
create function rules.item(value jsonb, key jsonb) returns jsonb language sql immutable parallel safe
    return case when jsonb_typeof(key) = 'string' and jsonb_typeof(value) = 'object' then value -> (key #>> '{}')
        when jsonb_typeof(key) = 'number' and jsonb_typeof(value) = 'array' then
            case when key::numeric >= 0 and key::numeric < jsonb_array_length(value) and key::numeric = trunc(key::numeric)
                then value -> key::integer end end;

-- +goose Down
drop schema rules cascade;
drop table time_zones;
