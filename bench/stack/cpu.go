// Package stack says what the servers of a benchmark spend, and when they are at rest.
package stack

import (
	"os"
	"strconv"
	"strings"
	"time"
)

// A tick of /proc's CPU times: USER_HZ, which Linux fixes at 100 for user space.
const tick = 10 * time.Millisecond

// CPU is the processor time that the stack has used so far, by where. Unlike the time on the clock it does
// not grow by what else the machine does.
type CPU struct {
	Own      time.Duration `json:"own"`      // this process: the side itself, the inbox and the load
	Database time.Duration `json:"database"` // Postgres for the side's own tables
	Temporal time.Duration `json:"temporal"` // the server and its databases
}

// Total is all of it.
func (c CPU) Total() time.Duration { return c.Own + c.Database + c.Temporal }

// Since is what was used after b, divided by n.
func (c CPU) Since(b CPU, n int) CPU {
	each := time.Duration(n)
	return CPU{(c.Own - b.Own) / each, (c.Database - b.Database) / each, (c.Temporal - b.Temporal) / each}
}

// Used adds up what dev/with has started. It is all zero where there is no /proc, or no such
// parent. The servers' background processes count as Temporal's.
func Used() (sum CPU) {
	all := processes()
	root := 0
	for pid := os.Getpid(); pid > 1; pid = all[pid].parent {
		if all[pid].name == "with" {
			root = pid
		}
	}
	for pid, p := range all {
		up := pid
		for up > 1 && up != root {
			up = all[up].parent
		}
		switch {
		case root == 0 || up != root:
		case pid == os.Getpid():
			sum.Own += p.used
		case strings.Contains(p.title, " test_"): // a backend's title says user and database
			sum.Database += p.used
		default:
			sum.Temporal += p.used
		}
	}
	return sum
}

type process struct {
	parent      int
	name, title string
	used        time.Duration
}

func processes() map[int]process {
	all := map[int]process{}
	folders, err := os.ReadDir("/proc")
	if err != nil {
		return all
	}
	for _, f := range folders {
		pid, err := strconv.Atoi(f.Name())
		if err != nil {
			continue
		}
		raw, err := os.ReadFile("/proc/" + f.Name() + "/stat")
		if err != nil {
			continue // it has just ended
		}
		title, _ := os.ReadFile("/proc/" + f.Name() + "/cmdline")
		// pid (name) state ppid ...; a name may hold spaces and parentheses. proc(5) counts from 1.
		stat := string(raw)
		open, closing := strings.IndexByte(stat, '('), strings.LastIndexByte(stat, ')')
		fields := strings.Fields(stat[closing+1:])
		p := process{name: stat[open+1 : closing], title: string(title)}
		p.parent, _ = strconv.Atoi(fields[4-3])
		for _, n := range []int{14, 15} { // utime, stime
			ticks, _ := strconv.ParseInt(fields[n-3], 10, 64)
			p.used += time.Duration(ticks) * tick
		}
		all[pid] = p
	}
	return all
}
