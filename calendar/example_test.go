package calendar_test

import (
	"fmt"
	"time"

	"github.com/mixtapehq/mixtape/calendar"
)

// In Paris the clocks go forward at two in the morning of 29 March 2026.
func ExamplePlace() {
	paris, _ := calendar.LoadZone("Europe/Paris")
	halfPastTwo := calendar.TimeOfDay{Hour: 2, Minute: 30}
	fmt.Println(calendar.Place(2026, time.March, 28, halfPastTwo, paris))
	fmt.Println(calendar.Place(2026, time.March, 29, halfPastTwo, paris))
	// Output:
	// 2026-03-28 02:30:00 +0100 CET
	// 2026-03-29 03:00:00 +0200 CEST
}

func ExampleWait_Target() {
	paris, _ := calendar.LoadZone("Europe/Paris")
	friday := time.Date(2026, time.March, 27, 18, 0, 0, 0, paris)
	oneDay, _ := calendar.ParseDuration("1d")
	nine, _ := calendar.ParseTimeOfDay("09:00")
	monday, _ := calendar.ParseWeekdays([]string{"mon"})

	fmt.Println(calendar.Wait{For: oneDay}.Target(friday, paris))
	fmt.Println(calendar.Wait{For: oneDay, At: &nine}.Target(friday, paris))
	fmt.Println(calendar.Wait{On: monday}.Target(friday, paris))
	// Output:
	// 2026-03-28 18:00:00 +0100 CET
	// 2026-03-28 09:00:00 +0100 CET
	// 2026-03-30 18:00:00 +0200 CEST
}

func ExampleUntil_Target() {
	paris, _ := calendar.LoadZone("Europe/Paris")
	renewal, _ := calendar.ReadDate("2026-03-29T12:00:00", paris)
	dayBefore, _ := calendar.ParseOffset("-1d")
	nine, _ := calendar.ParseTimeOfDay("09:00")

	fmt.Println(calendar.Until{Offset: dayBefore}.Target(renewal, paris))
	fmt.Println(calendar.Until{Offset: dayBefore, At: &nine}.Target(renewal, paris))
	// Output:
	// 2026-03-28 11:00:00 +0100 CET
	// 2026-03-28 09:00:00 +0100 CET
}

func ExampleWindow_Next() {
	paris, _ := calendar.LoadZone("Europe/Paris")
	nine, _ := calendar.ParseTimeOfDay("21:00")
	eight, _ := calendar.ParseTimeOfDay("08:00")
	quiet := calendar.Window{From: nine, To: eight, HasTimes: true}

	night := time.Date(2026, time.March, 27, 23, 30, 0, 0, paris)
	_, closes := quiet.Next(night, paris)
	fmt.Println(quiet.Contains(night, paris), closes)
	// Output:
	// true 2026-03-28 08:00:00 +0100 CET
}

// A week in a minute.
func ExampleClock() {
	clock := calendar.Clock{
		Real:    time.Date(2026, time.November, 24, 12, 0, 0, 0, time.UTC),
		Virtual: time.Date(2026, time.March, 2, 9, 0, 0, 0, time.UTC),
		Speed:   7 * 24 * 60,
	}
	fmt.Println(clock.ToVirtual(time.Date(2026, time.November, 24, 12, 0, 30, 0, time.UTC)))
	fmt.Println(clock.ToReal(time.Date(2026, time.March, 9, 9, 0, 0, 0, time.UTC)))
	// Output:
	// 2026-03-05 21:00:00 +0000 UTC
	// 2026-11-24 12:01:00 +0000 UTC
}
