-- +goose Up

-- What was learned of what people do: each training one row, whether it is used or not.
create table models (
    id         text primary key,                    -- of the training
    name       text not null,                       -- of the score; receptive_hours
    data_from  timestamptz not null,
    data_to    timestamptz not null,
    features   jsonb not null default '[]',
    parameters jsonb not null,
    metrics    jsonb not null default '{}',         -- on a time that it has not seen
    baseline   jsonb not null default '{}',
    promoted   boolean not null,
    why        text not null,
    created_at timestamptz not null default clock_timestamp()
);
create index models_by_name on models (name, created_at);

-- A sample of people on its way into a model.
create table training_samples (
    training   text not null,
    profile_id text not null,
    sample     jsonb not null,
    created_at timestamptz not null default clock_timestamp(),
    primary key (training, profile_id)
);

-- +goose Down
drop table training_samples, models;
