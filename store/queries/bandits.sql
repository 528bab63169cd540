-- name: SaveBandit :exec
insert into bandits (journey, step, weights) values (@journey, @step, @weights)
on conflict (journey, step) do update set weights = excluded.weights, updated_at = clock_timestamp() where bandits.weights <> excluded.weights;

-- name: BanditWeights :many
select step, weights from bandits where journey = @journey;
