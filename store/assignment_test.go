package store_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// counted are the counts of experiments, as reports read them.
const counted = `select concat_ws(' ', journey, kind, name), sum(n + sum)::int from (select journey, kind, name, n, sum from tallies union all select journey, kind, name, n, sum from tally_deltas) t
	where kind like 'arm%' group by 1 having sum(n + sum) <> 0`

// recounted are the same of the rows themselves.
const recounted = `with a as (select experiment, variant, coalesce(chance, 0) as chance, converted_at, value, pre, unsubscribed_at, complained_at, weeks, run_id, at, until from assignments)
select concat_ws(' ', experiment, kind, variant || name), sum(n)::int from a cross join lateral (values
	('arm_people', '', 1), ('arm_chance', '', chance), ('arm_converted', '', (converted_at is not null)::int), ('arm_value', '', value),
	('arm_pre', '', coalesce(pre + 1, 0)), ('arm_product', '', coalesce(pre, 0) * value), ('arm_pre_value', '', case when pre is null then 0 else value + 1 end),
	('arm_unsubscribed', '', (unsubscribed_at is not null)::int), ('arm_complained', '', (complained_at is not null)::int),
	('arm_delay', ' ' || ceil(log(2.0, greatest(extract(epoch from converted_at - at) / 60, 1)::numeric)), (converted_at is not null)::int)) k (kind, name, n)
group by 1 having sum(n) <> 0
union all select concat_ws(' ', experiment, 'arm_week', variant, bit), count(*)::int from a cross join generate_series(0, 62) bit where weeks >> bit & 1 = 1 group by 1
union all select concat_ws(' ', experiment, 'arm_sent', variant, m.channel), count(*)::int from a join messages m on m.run_id = a.run_id and m.journey = a.experiment
	where m.state in ('sent', 'delivered', 'bounced') and (a.until is null or m.sent_at <= a.until) group by 1`

// Two profiles that turn out to be one person are one in every experiment: the first stays, with what both did in its time.
func TestTwoWhoAreOneAreMeasuredOnce(t *testing.T) {
	t.Parallel()
	d := deploy(t)
	ctx := t.Context()
	visitor, err := d.ProfileFor(ctx, "", "visitor")
	d.must(err)
	ada, err := d.ProfileFor(ctx, "ada", "")
	d.must(err)
	arm := func(experiment, profile, variant, run, metric string, days int, rest string) {
		d.exec(`insert into assignments (experiment, profile_id, version, variant, chance, run_id, metric, property, at, until, pre)
			values ($1, $2, 'v1', $3, 0.5, $4, $5, 'total', now() - $6 * interval '1 day', now() - $6 * interval '1 day' + interval '20 days', 2)`, experiment, profile, variant, run, metric, days)
		if rest != "" {
			d.exec("update assignments set "+rest+" where experiment = $1 and profile_id = $2", experiment, profile)
		}
	}
	arm("shop", visitor, "held_out", "shop/visitor/1", "", 10, "")
	arm("shop", ada, "treated", "shop/ada/1", "", 5, "converted_at = now() - interval '4 days', value = 30, weeks = 1, unsubscribed_at = now() - interval '3 days'")
	arm("shop/which", visitor, "long", "shop/visitor/1", "bought", 10, "")
	arm("old", ada, "treated", "old/ada/1", "", 30, "")
	arm("old", visitor, "held_out", "old/visitor/1", "", 8, "converted_at = now() - interval '1 day', value = 9, complained_at = now() - interval '1 day'") // too late for the first
	arm("alone", ada, "treated", "alone/ada/1", "", 4, "")
	for i, state := range []string{"sent", "delivered", "skipped"} {
		d.exec(`insert into messages (id, run_id, journey, version, step, visit, profile_id, channel, provider, template, state, reason, sent_at)
			values ('m' || $1::int, 'shop/ada/1', 'shop', 'v1', 's', $1::int, $2, 'email', 'smtp', 't', 'rendered', '', now())`, i, ada)
		d.exec("update messages set state = 'claimed' where id = 'm' || $1::int", i)
		if state == "delivered" {
			d.exec("update messages set state = 'sent' where id = 'm' || $1::int", i)
		}
		d.exec("update messages set state = $2 where id = 'm' || $1::int", i, state)
	}
	bought := func(profile string, number, days int) {
		d.exec(`insert into events (profile_id, number, id, source, name, properties, time, arrival)
			values ($1::text, $2::bigint, $1::text || $2::bigint, 'server', 'bought', '{"total": 5}', now() - $3::int * interval '1 day', now())`, profile, number, days)
		d.exec("update profiles set last_number = greatest(last_number, $2) where id = $1", profile, number)
	}
	bought(ada, 1, 9)     // of what the visitor drew ada knew nothing then, and it was one person
	bought(ada, 2, 2)     //
	bought(visitor, 1, 1) //
	if diff := cmp.Diff(d.counts(recounted), d.counts(counted)); diff != "" {
		t.Fatalf("before (-rows +counts):\n%s", diff)
	}
	if n := d.counts(counted)["shop arm_sent treated email"]; n != 2 {
		t.Errorf("%d messages are the treated's", n)
	}
	_, err = d.Alias(ctx, "visitor", "ada", true, false)
	d.must(err)
	if diff := cmp.Diff(d.counts(recounted), d.counts(counted)); diff != "" {
		t.Errorf("after (-rows +counts):\n%s", diff)
	}
	want := map[string]int{
		"ada alone treated f f f 1":   0,
		"ada old treated f f f 24":    0,
		"ada shop held_out t t f 3":   30,
		"ada shop/which long t f f 0": 15,
	}
	got := d.counts(`select concat_ws(' ', p.user_id, experiment, variant, converted_at is not null, unsubscribed_at is not null, complained_at is not null, weeks), value::int
		from assignments a join profiles p on p.id = a.profile_id`)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
