-- +goose Up

-- Who was drawn lately and who was drawn last are asked for every minute.
create index assignments_by_time on assignments (experiment, at) include (variant, converted_at) where position('/' in experiment) > 0;

-- +goose Down
drop index assignments_by_time;
