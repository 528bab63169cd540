package cli_test

import (
	"regexp"
	"testing"
	"time"
)

func TestApplySaysWhenAScheduleLetsPeopleInNext(t *testing.T) {
	t.Parallel()
	journey := func(schedule string) string {
		return "journey: KEY\nentry: { schedule: " + schedule + ", where: user.email != \"\", reentry: always }\nsteps: [ { id: rest, wait: 1d } ]\n"
	}
	next := time.Now().AddDate(1, 0, 0).Format("2006-01-02")
	files := map[string]string{"workspace.yaml": "name: acme\ntimezone: Europe/Paris\n"}
	for key, schedule := range map[string]string{
		"daily": `{ every: 1d, at: "09:00" }`, "weekly": `{ on: [mon], at: "08:00", zone: workspace }`,
		"once": `{ once: "` + next + ` 10:00", zone: workspace }`, "over": `{ once: "2020-01-01 10:00" }`,
	} {
		files["journeys/"+key+".yaml"] = regexp.MustCompile("KEY").ReplaceAllString(journey(schedule), key)
	}
	s := serve(t, map[string][]string{put: {`200 {"dry_run":true,"journeys":[]}`}, get: {`200 {"journeys":[]}`}})
	got := mixtape(t, s.at("apply", folder(t, files), "--dry-run")...)
	for _, want := range []string{
		`(?m)^daily: its schedule lets people in next on \w{3} \d{1,2} \w+ \d{4} 09:00, each by their own clock$`,
		`(?m)^weekly: its schedule lets people in next on Mon \d{1,2} \w+ \d{4} 08:00 CES?T$`,
		`(?m)^once: its schedule lets people in next on \w{3} \d{1,2} \w+ \d{4} 10:00 CES?T$`,
		`(?m)^over: its schedule lets nobody in any more$`,
	} {
		if !regexp.MustCompile(want).MatchString(got.Out) {
			t.Errorf("it does not say %s:\n%s%s", want, got.Out, got.Err)
		}
	}
}
