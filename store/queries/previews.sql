-- name: InsertPreview :exec
-- Those that no worker took are forgotten.
with forgotten as (delete from previews where created_at < clock_timestamp() - interval '1 hour')
insert into previews (id, profile_id, channel, address, originally_to, sender, subject, html, body)
values (@id, @profile_id, @channel, @address, @originally_to, @sender, @subject, @html, @body);

-- name: TakePreview :one
delete from previews where id = @id returning *;

-- name: WipePreviews :execrows
delete from previews where profile_id = any (@ids::text[]);
