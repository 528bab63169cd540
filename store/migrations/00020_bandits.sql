-- +goose Up

-- By what bandits draw now: worked out of what came of those who were drawn before, for all workers alike.
create table bandits (
    journey    text not null,
    step       text not null,
    weights    jsonb not null,                      -- variant -> chance
    personal   jsonb,                               -- insight.Personal, of one that chooses for the person
    updated_at timestamptz not null default clock_timestamp(),
    primary key (journey, step)
);

-- +goose Down
drop table bandits;
