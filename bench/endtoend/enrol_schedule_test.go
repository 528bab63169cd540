package endtoend_test

import (
	"context"
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.temporal.io/sdk/client"

	"github.com/mixtapehq/mixtape/bench/rig"
	"github.com/mixtapehq/mixtape/calendar"
	"github.com/mixtapehq/mixtape/journey"
	"github.com/mixtapehq/mixtape/store"
)

// digest lets those who have an address in by a schedule.
func digest(name, schedule string) store.Version {
	return rig.Version(`journey: `+name+`
entry: { schedule: `+schedule+`, where: user.email != "", reentry: always }
steps:
  - { id: rest, wait: 1d }
`, nil)
}

// reading is what clocks in a zone show.
func reading(t *testing.T, at time.Time, zone string) string {
	t.Helper()
	loc, ok := calendar.LoadZone(zone)
	if !ok {
		t.Fatal(zone)
	}
	return at.In(loc).Format(time.DateTime)
}

func occurrences(r *rig.Rig, name string) (all []enrolmentView) {
	r.TB.Helper()
	var page struct{ Enrolments []enrolmentView }
	if err := json.Unmarshal(r.Admin(http.MethodGet, "/api/enrolments?journey="+name, nil), &page); err != nil {
		r.TB.Fatal(err)
	}
	return page.Enrolments
}

func inZones(zones map[string]string) (items []rig.Item) {
	for user, zone := range zones {
		traits := map[string]any{"email": user + "@example.com"}
		if zone != "" {
			traits["timezone"] = zone
		}
		items = append(items, rig.Identify(user, traits))
	}
	return append(items, rig.Identify("nobody", map[string]any{"timezone": "Asia/Tokyo"}))
}

func TestAScheduleLetsEverybodyInWhoFitsAtOneMoment(t *testing.T) {
	t.Parallel()
	r := rig.New(t, rig.Options{})
	settings := tips()
	settings.Timezone = "Europe/Paris"
	at := time.Now().Add(10 * time.Second).Truncate(time.Second)
	r.Send(inZones(map[string]string{"ada": "Asia/Tokyo", "bela": "", "cleo": "America/New_York"})...)
	r.Publish(settings, digest("digest", `{ once: "`+reading(t, at, "Europe/Paris")+`", zone: workspace }`))
	for _, user := range []string{"ada", "bela", "cleo"} {
		run := r.AwaitPhase(user, journey.Waiting, "rest")
		if late := run.EnteredAt.Sub(at); late < 0 || late > 15*time.Second {
			t.Errorf("%s entered %s after the schedule's time", user, late)
		}
	}
	r.Await("the occurrence is done", rig.Patience, func() bool {
		all := occurrences(r, "digest")
		return len(all) == 1 && all[0].State == "done"
	})
	all := occurrences(r, "digest")
	if all[0].Entered != 3 || len(r.Runs("nobody")) != 0 {
		t.Errorf("the occurrence came to %+v", all[0])
	}
	told, _ := decisions(r, r.Run("ada").ID)
	if len(told) == 0 || told[0] != "entry entered" {
		t.Errorf("the ledger says %v", told)
	}
}

func TestAScheduleGoesFromZoneToZone(t *testing.T) {
	t.Parallel()
	r := rig.New(t, rig.Options{})
	settings := tips()
	settings.Timezone = "Asia/Tokyo"
	at := time.Now().Add(10 * time.Second).Truncate(time.Second)
	r.Send(inZones(map[string]string{
		"ada": "Asia/Tokyo", "bela": "Asia/Seoul", "cleo": "", "dora": "Nowhere/Atall", "emil": "Europe/Paris", "finn": "Pacific/Auckland",
	})...)
	r.Publish(settings, digest("digest", `{ once: "`+reading(t, at, "Asia/Tokyo")+`" }`))
	for _, user := range []string{"ada", "bela", "cleo", "dora"} {
		run := r.AwaitPhase(user, journey.Waiting, "rest")
		if late := run.EnteredAt.Sub(at); late < -time.Second || late > 15*time.Second {
			t.Errorf("%s entered %s after their clocks came to it", user, late)
		}
	}
	r.Await("it waits for the next clocks", rig.Patience, func() bool {
		all := occurrences(r, "digest")
		return len(all) == 1 && all[0].State == "running" && all[0].Entered == 4
	})
	// Paris comes later; in Auckland it was over when it was published.
	if n := len(r.Runs("emil")) + len(r.Runs("finn")) + len(r.Runs("nobody")); n != 0 {
		t.Errorf("%d have entered who should not", n)
	}
}

func TestAScheduleCatchesUpAfterAnOutage(t *testing.T) {
	t.Parallel()
	r := rig.New(t, rig.Options{NoStarter: true, NoWorker: true})
	settings := tips()
	settings.Timezone = "Asia/Tokyo"
	// One hour ago by the clocks of New York: everywhere east of it, it was before; in Honolulu it is yet to come.
	newYork, _ := calendar.LoadZone("America/New_York")
	hour := time.Now().Add(-time.Hour).In(newYork).Format("2006-01-02 15:04")
	r.Publish(settings, digest("digest", `{ once: "`+hour+`" }`), digest("weekly", `{ once: "2026-01-05 09:00", zone: workspace }`),
		digest("daily", `{ once: "`+time.Now().Add(-30*time.Hour).UTC().Format("2006-01-02 15:04")+`", zone: workspace }`))
	if _, err := r.Store.Pool().Exec(t.Context(), "update journeys set published_at = published_at - interval '3 days'"); err != nil {
		t.Fatal(err)
	}
	// They are there before anybody looks: a slow machine would else have gone through their zones before.
	for user, zone := range map[string]string{
		"ada": "Asia/Tokyo", "bela": "Europe/Paris", "cleo": "America/New_York", "dora": "Pacific/Honolulu", "emil": "Pacific/Kiritimati",
	} {
		r.Person(user, map[string]any{"email": user + "@example.com", "first_name": user, "timezone": zone})
	}
	other := rig.New(t, rig.Options{Address: r.Address})
	other.AdminKey, other.WriteKey = r.AdminKey, r.WriteKey
	for _, user := range []string{"ada", "bela", "cleo", "emil"} {
		other.AwaitPhase(user, journey.Waiting, "rest")
	}
	other.Await("the stale occurrence is written down", rig.Patience, func() bool { return len(occurrences(other, "daily")) == 1 })
	if all := occurrences(other, "daily"); all[0].Why != "stale" || all[0].Entered != 0 {
		t.Errorf("an occurrence of thirty hours ago came to %+v", all[0])
	}
	if all := occurrences(other, "weekly"); len(all) != 0 {
		t.Errorf("an occurrence of long ago came to %+v", all)
	}
	if n := len(other.Runs("dora")); n != 0 {
		t.Errorf("in Honolulu it is not yet that late, and %d entered", n)
	}
	var order []string
	rows, err := other.Store.Pool().Query(t.Context(), "select p.user_id from runs r join profiles p on p.id = r.profile_id order by r.entered_at")
	if err != nil {
		t.Fatal(err)
	}
	for rows.Next() {
		var user string
		if err := rows.Scan(&user); err != nil {
			t.Fatal(err)
		}
		order = append(order, user)
	}
	if diff := cmp.Diff([]string{"emil", "ada", "bela", "cleo"}, order); diff != "" {
		t.Errorf("the order in which they entered (-want +got):\n%s", diff)
	}
}

func TestAPausedJourneysOccurrenceIsRefusedAndCounted(t *testing.T) {
	t.Parallel()
	r := rig.New(t, rig.Options{})
	settings := tips()
	settings.Timezone = "UTC"
	at := time.Now().Add(8 * time.Second).Truncate(time.Second)
	r.Send(inZones(map[string]string{"ada": "Asia/Tokyo", "bela": ""})...)
	r.Publish(settings, digest("digest", `{ once: "`+reading(t, at, "UTC")+`", zone: workspace }`))
	r.Admin(http.MethodPost, "/api/journeys/digest/pause", nil)
	r.Await("the occurrence is refused", rig.Patience, func() bool {
		all := occurrences(r, "digest")
		return len(all) == 1 && all[0].State == "done"
	})
	if all := occurrences(r, "digest"); all[0].Why != "paused" || all[0].Refused["paused"] == 0 || all[0].Entered != 0 {
		t.Errorf("it came to %+v", all[0])
	}
	r.Admin(http.MethodPost, "/api/journeys/digest/resume", []byte(`{}`))
	if n := len(r.Runs("ada")); n != 0 {
		t.Errorf("she entered %d times", n)
	}
}

func TestSchedulesFollowWhatIsPublished(t *testing.T) {
	t.Parallel()
	r := rig.New(t, rig.Options{})
	settings := tips()
	settings.Timezone = "Europe/Paris"
	r.Publish(settings, digest("digest", `{ every: 1w, on: [mon], at: "09:00", zone: workspace }`))
	handle := r.Client.Temporal.ScheduleClient().GetHandle(t.Context(), r.Address.Prefix+"entry/digest")
	describe := func() *client.ScheduleDescription {
		d, err := handle.Describe(context.Background())
		if err != nil {
			return nil
		}
		return d
	}
	paris, _ := calendar.LoadZone("Europe/Paris")
	told := func(hour int, days ...time.Weekday) func() bool {
		return func() bool {
			d := describe()
			if d == nil || len(d.Info.NextActionTimes) < 5 {
				return false
			}
			for i, at := range d.Info.NextActionTimes {
				if local := at.In(paris); local.Hour() != hour || local.Weekday() != days[i%len(days)] && len(days) == 1 {
					return false
				}
			}
			return true
		}
	}
	r.Await("Temporal knows the next Mondays", rig.Patience, told(9, time.Monday))
	r.Publish(settings, digest("digest", `{ every: 1w, on: [tue], at: "18:00", zone: workspace }`))
	r.Await("Temporal knows the next Tuesdays", rig.Patience, told(18, time.Tuesday))
	r.Admin(http.MethodPost, "/api/pause", nil)
	r.Await("the schedule says that it is paused", rig.Patience, func() bool {
		d := describe()
		return d != nil && len(d.Schedule.State.Note) > len("kept by Mixtape") && !d.Schedule.State.Paused
	})
	r.Publish(settings, welcome())
	r.Await("the schedule is gone", rig.Patience, func() bool { return describe() == nil })
}
