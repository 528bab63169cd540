-- name: InsertKey :exec
insert into write_keys (hash, kind, name) values ($1, $2, $3);

-- name: KeyByHash :one
select kind, name from write_keys where hash = $1 and revoked_at is null;

-- name: Keys :many
select kind, name, created_at, revoked_at from write_keys order by name;

-- name: RevokeKey :execrows
update write_keys set revoked_at = clock_timestamp() where name = $1 and revoked_at is null;
