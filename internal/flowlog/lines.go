package flowlog

import (
	"bytes"
	"cmp"

	"beacon/internal/flow"
)

// LineTap takes the lines of text logs that hold flows a sink picked, as they are. A pass
// with a tap has one worker. Formats whose records aren't lines hand none to it.
type LineTap struct {
	Picked func() int64                    // flows that the sink has picked so far
	Line   func(header, line []byte) error // takes lines, with their ends, and the header lines in force

	header []byte
	body   bool // lines have followed the header
}

// Header takes header lines, which are in force for the lines to come.
func (t *LineTap) Header(text []byte) {
	if t == nil || len(text) == 0 {
		return
	}
	if t.body {
		t.header, t.body = nil, false
	}
	t.header = append(t.header, text...)
}

// LastHeader returns the header lines in force.
func (t *LineTap) LastHeader() []byte { return t.header }

// Tap returns the tap of the pass, nil without one.
func (w *Worker) Tap() *LineTap { return w.tap }

// ParseLines parses whole lines. If the pass has a tap, it gets those with a picked flow.
func (w *Worker) ParseLines(parse ParseBlock, text []byte) error {
	if w.tap == nil || len(text) == 0 {
		return parse(w, text)
	}
	lines := bytes.Clone(text) // parse may write into them
	before := w.tap.Picked()
	if err := cmp.Or(parse(w, text), w.Flush()); err != nil {
		return err
	}
	w.tap.body = true
	switch w.tap.Picked() - before {
	case 0:
		return nil
	case int64(bytes.Count(lines, []byte("\n"))): // a flow a line
		return w.tap.Line(w.tap.header, lines)
	}
	if w.probe == nil {
		w.probe = &Worker{Columns: flow.NewColumns(w.opt.Columns), Hosts: w.Hosts, opt: w.opt, sink: w.sink, latest: w.latest, tap: w.tap}
	}
	return w.probe.pick(parse, lines)
}

// tapped returns a parser of an input's blocks that hands lines to the tap of the pass.
// header is the lines before the first block.
func tapped(header []byte, parse ParseBlock) ParseBlock {
	begun := false
	return func(w *Worker, text []byte) error {
		if w.tap != nil && !begun { // only with one worker
			begun = true
			w.tap.begin(header)
		}
		return w.ParseLines(parse, text)
	}
}

// begin begins the lines of an input.
func (t *LineTap) begin(header []byte) { t.header, t.body = header, false }

// tapPieces is in how many pieces lines with a picked flow are cut to find it. Lines are
// parsed once for each level: five for a block of a mebibyte.
const tapPieces = 16

// pick hands the lines with a picked flow to the tap, by parsing pieces of the lines that
// are ever smaller.
func (w *Worker) pick(parse ParseBlock, lines []byte) error {
	whole := len(lines)
	if nl := bytes.IndexByte(lines, '\n'); nl < 0 || nl == whole-1 {
		return w.tap.Line(w.tap.header, lines)
	}
	for len(lines) > 0 {
		n := cutLines(lines, (whole+tapPieces-1)/tapPieces)
		if n == whole { // the last line is longer than all before it
			n = bytes.IndexByte(lines, '\n') + 1
		}
		piece := lines[:n]
		lines = lines[n:]
		w.room(len(piece))
		copy(w.block, piece)
		before := w.tap.Picked()
		w.Reset()
		if err := cmp.Or(parse(w, w.block[:len(piece)]), w.Flush()); err != nil {
			return err
		}
		if w.tap.Picked() > before {
			if err := w.pick(parse, piece); err != nil {
				return err
			}
		}
	}
	return nil
}

// cutLines returns the length of the whole lines that reach to at least a place.
func cutLines(lines []byte, at int) int {
	if nl := bytes.IndexByte(lines[min(at, len(lines)-1):], '\n'); nl >= 0 {
		return min(at, len(lines)-1) + nl + 1
	}
	return len(lines)
}
