package journeys_test

import (
	"os"
	"strconv"
	"strings"
	"time"
)

// A tick of /proc's CPU times: USER_HZ, which Linux fixes at 100 for user space.
const tick = 10 * time.Millisecond

// stackCPU is the CPU time that everything which dev/with has started has used so far: Postgres,
// Temporal and this process. Unlike the time on the clock it does not grow by what else the machine
// does. Zero where there is no /proc, or no such parent.
func stackCPU() time.Duration {
	folders, err := os.ReadDir("/proc")
	if err != nil {
		return 0
	}
	parents, used := map[int]int{}, map[int]time.Duration{}
	root := 0
	for _, f := range folders {
		pid, err := strconv.Atoi(f.Name())
		if err != nil {
			continue
		}
		raw, err := os.ReadFile("/proc/" + f.Name() + "/stat")
		if err != nil {
			continue // it has just ended
		}
		// pid (name) state ppid ...; a name may hold spaces and parentheses. proc(5) counts from 1.
		fields := strings.Fields(string(raw[strings.LastIndexByte(string(raw), ')')+1:]))
		parents[pid], _ = strconv.Atoi(fields[4-3])
		for _, n := range []int{14, 15, 16, 17} { // utime, stime, and those of children that were waited for
			ticks, _ := strconv.ParseInt(fields[n-3], 10, 64)
			used[pid] += time.Duration(ticks) * tick
		}
	}
	for pid := os.Getpid(); pid > 1; pid = parents[pid] {
		if name, _ := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/comm"); strings.TrimSpace(string(name)) == "with" {
			root = pid
		}
	}
	if root == 0 {
		return 0
	}
	var sum time.Duration
	for pid := range parents {
		for up := pid; up > 1; up = parents[up] {
			if up == root {
				sum += used[pid]
				break
			}
		}
	}
	return sum
}
