-- name: ConsentDecisions :many
select * from decisions where profile_id = $1 and kind = 'consent' order by at desc, id desc limit $2;
