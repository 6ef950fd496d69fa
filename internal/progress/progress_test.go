package progress

import (
	"bytes"
	"strings"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
)

func TestText(t *testing.T) {
	file := State{Flows: 1_500_000, Done: 300, Total: 1200}
	assert.Equal(t, "reading  25%  1,500,000 flows  150,000/s  30s left", text("reading", file, 10*time.Second, 80))
	assert.Equal(t, "reading  25%  1,500,000 flows  1,500,000/s", text("reading", file, time.Second, 80))
	assert.Equal(t, "reading  5 flows  5/s", text("reading", State{Flows: 5}, time.Second, 80))
	assert.Contains(t, text("reading", State{Flows: 5, Done: 3_000_000}, time.Second, 80), "MiB")
	assert.NotContains(t, text("asking", State{Flows: 5, Done: 3_000_000, Unit: Rows}, time.Second, 80), "MiB")
	assert.Contains(t, text("reading", State{Done: 5, Total: 3}, time.Minute, 80), "100%")
	for width := range 60 {
		assert.LessOrEqual(t, utf8.RuneCountInString(text("reading", file, 10*time.Second, width)), width)
	}
}

// A shorter line covers a longer one, and nothing is left behind.
func TestLine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var b bytes.Buffer
		l := New(&b, "reading", func() int { return 40 })
		l.Show(State{Flows: 1_000_000})
		time.Sleep(pause)
		l.begun = time.Now()
		l.Show(State{})
		l.Show(State{Flows: 7}) // too soon
		l.Clear()
		time.Sleep(pause)
		l.Show(State{Flows: 9}) // too late
		screen := make([]rune, 40)
		at := 0
		for _, r := range b.String() {
			if r == '\r' {
				at = 0
				continue
			}
			screen[at] = r
			at++
		}
		assert.Empty(t, strings.TrimRight(strings.ReplaceAll(string(screen), "\x00", " "), " "))
		assert.NotContains(t, b.String(), "7 flows")
		assert.NotContains(t, b.String(), "9 flows")
	})
}

// No line is as wide as the terminal, which may become narrower.
func TestResize(t *testing.T) {
	var b bytes.Buffer
	width := 0
	l := New(&b, "reading", func() int { return width })
	for _, width = range []int{200, 80, 40, 20, 1, 0, 80, 9} {
		b.Reset()
		l.drawn, l.begun = time.Time{}, time.Now().Add(-time.Minute)
		l.Show(State{Flows: 1_500_000, Done: 300, Total: 1200})
		for line := range strings.SplitSeq(b.String(), "\r") {
			assert.Less(t, utf8.RuneCountInString(line), max(width, 1))
		}
	}
	width = 5
	b.Reset()
	l.Clear()
	assert.Equal(t, "\r    \r", b.String())
}
