package cli

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"
)

// bar tells how far something has come: a bar on a terminal, else a line now and then.
type bar struct {
	out      io.Writer
	what     string
	terminal bool
	began    time.Time
	first    int64 // done when it began
	shown    time.Time
	some     bool
}

// How often a bar moves, and a line is written.
const (
	barEvery  = 200 * time.Millisecond
	lineEvery = 10 * time.Second
	barWidth  = 30
)

func newBar(out io.Writer, what string) *bar {
	b := &bar{out: out, what: what, began: time.Now(), first: -1}
	if f, ok := out.(*os.File); ok {
		info, err := f.Stat()
		b.terminal = err == nil && info.Mode()&os.ModeCharDevice != 0
	}
	if !b.terminal {
		b.shown = b.began
	}
	return b
}

func (b *bar) show(done, all int64) {
	if b.first < 0 {
		b.first, b.began = done, time.Now()
	}
	every := lineEvery
	if b.terminal {
		every = barEvery
	}
	if time.Since(b.shown) < every && (!b.terminal || done < all) {
		return
	}
	b.shown = time.Now()
	share := 1.0
	if all > 0 {
		share = float64(done) / float64(all)
	}
	text := fmt.Sprintf("%s: %d of %d, %.0f%%", b.what, done, all, 100*share)
	if rate := float64(done-b.first) / max(0.001, time.Since(b.began).Seconds()); done > b.first && done < all {
		text += fmt.Sprintf(", %.0f a second, %s left", rate, time.Duration(float64(all-done)/rate*float64(time.Second)).Round(time.Second))
	}
	if !b.terminal {
		fmt.Fprintln(b.out, text)
		return
	}
	full := min(barWidth, int(share*barWidth))
	fmt.Fprintf(b.out, "\r\x1b[K[%s%s] %s", strings.Repeat("=", full), strings.Repeat(" ", barWidth-full), text)
	b.some = true
}

// end leaves the line.
func (b *bar) end() {
	if b.terminal && b.some {
		b.some = false
		fmt.Fprintln(b.out)
	}
}
