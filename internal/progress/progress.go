// Package progress shows on one line of a terminal how far a reading is.
package progress

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"beacon/internal/words"
)

// State is how far a reading is.
type State struct {
	Flows int64 // read so far
	Done  int64 // of Total, bytes or rows
	Total int64 // 0 where nobody knows, as of a pipe
	Unit  Unit  // of Done
}

// Unit tells what Done counts.
type Unit int

// The units.
const (
	Bytes Unit = iota
	Rows
)

// Line is a line that is written again and again. Its methods may be called by several
// goroutines.
type Line struct {
	w     io.Writer
	what  string
	width func() int

	mu     sync.Mutex
	begun  time.Time
	drawn  time.Time
	length int // columns of what stands there
	ended  bool
}

// pause is the shortest time between two drawings: more often nobody can read.
const pause = 100 * time.Millisecond

// settle is how long a reading must have lasted before the time that is left is told.
const settle = 2 * time.Second

// New returns a line that says what is done, shorter than the columns that width returns for
// each drawing.
func New(w io.Writer, what string, width func() int) *Line {
	return &Line{w: w, what: what, width: width, begun: time.Now()}
}

// Show draws the state, unless the last drawing was just now.
func (l *Line) Show(s State) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	if l.ended || now.Sub(l.drawn) < pause {
		return
	}
	l.drawn = now
	width := l.width() - 1 // the last column would wrap
	l.length = min(l.length, max(width, 0))
	l.write(text(l.what, s, now.Sub(l.begun), width))
}

// Clear removes the line for good.
func (l *Line) Clear() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.length = min(l.length, max(l.width()-1, 0)); l.length > 0 {
		l.write("")
	}
	l.ended = true
}

func (l *Line) write(line string) {
	n := utf8.RuneCountInString(line)
	back := ""
	if n == 0 {
		back = "\r"
	}
	_, _ = io.WriteString(l.w, "\r"+line+strings.Repeat(" ", max(0, l.length-n))+back)
	l.length = n
}

// text returns the line of a state: its most important parts, as many as fit.
func text(what string, s State, elapsed time.Duration, width int) string {
	share := float64(s.Done) / float64(max(s.Total, 1))
	parts := []string{what}
	switch {
	case s.Total > 0:
		parts = append(parts, fmt.Sprintf("%d%%", int(100*min(share, 1))))
	case s.Unit == Bytes && s.Done > 0:
		parts = append(parts, words.Size(s.Done))
	}
	parts = append(parts, words.Thousands(s.Flows)+" flows")
	if seconds := elapsed.Seconds(); seconds > 0 && s.Flows > 0 {
		parts = append(parts, words.Thousands(int64(float64(s.Flows)/seconds))+"/s")
	}
	if s.Total > 0 && share > 0 && share < 1 && elapsed > settle {
		left := time.Duration(float64(elapsed) * (1 - share) / share)
		parts = append(parts, left.Round(time.Second).String()+" left")
	}
	for len(parts) > 1 && utf8.RuneCountInString(strings.Join(parts, "  ")) > width {
		parts = parts[:len(parts)-1]
	}
	line := []rune(strings.Join(parts, "  "))
	return string(line[:min(len(line), max(width, 0))])
}
