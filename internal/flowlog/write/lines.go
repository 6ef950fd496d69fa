package write

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"slices"

	"beacon/internal/flow"
	"beacon/internal/flowlog"
)

// linesOf are the formats whose records are lines of their own, by the format to write
// that keeps them.
var linesOf = map[string][]string{
	"csv": {"csv"}, "zeek": {"zeek"}, "nfdump": {"nfdump"}, "aws-vpc": {"aws-vpc"},
	"zeek-json": {"zeek-json"}, "eve": {"eve"}, "ndjson": {"zeek-json", "eve", "json"},
}

// ownFormat tells whether a log is written as what it is. CSV logs may differ in their
// columns, so that only one is.
func ownFormat(log *flowlog.Log, format string) bool {
	if format == "csv" && len(log.Inputs) > 1 {
		return false
	}
	for _, in := range log.Inputs {
		if !slices.Contains(linesOf[format], in.Format.Name) {
			return false
		}
	}
	return true
}

// showLines writes the lines of the flows that a selection matches. It isn't done if
// there are such flows, but not in lines of their own; then it has written nothing.
func showLines(ctx context.Context, log *flowlog.Log, s Selection, out io.Writer) (report *flowlog.Report, flows int64, done bool, err error) {
	sink := newPicker(s, s.columns())
	w := &lineWriter{out: bufio.NewWriter(out)}
	pass := sink.pass()
	tap := &flowlog.LineTap{Picked: func() int64 { return sink.Count }, Line: w.line}
	pass.Tap = tap
	if report, err = log.Read(ctx, pass); err != nil {
		return nil, 0, false, err
	}
	if sink.Count == 0 {
		w.header(tap.LastHeader())
	}
	return report, w.lines, sink.Count == 0 || w.lines > 0, w.out.Flush()
}

// keepsLines tells whether Convert writes the lines of a log as they are: Zeek's, with
// columns that no other format has, such as uid.
func keepsLines(log *flowlog.Log, opt Options) bool {
	return (opt.Format == "zeek" || opt.Format == "zeek-json") && !opt.Sort && opt.Columns == 0 && ownFormat(log, opt.Format)
}

// convertLines writes the lines of all flows.
func convertLines(ctx context.Context, log *flowlog.Log, out io.Writer) (*flowlog.Report, error) {
	sink := &counter{}
	w := &lineWriter{out: bufio.NewWriterSize(out, textBuffer)}
	tap := &flowlog.LineTap{Picked: func() int64 { return sink.count }, Line: w.line}
	report, err := log.Read(ctx, flowlog.Pass{Workers: 1, Hosts: flow.NewHosts(nil), Sink: func() flowlog.Sink { return sink }, Tap: tap})
	if err != nil {
		return report, err
	}
	if w.lines == 0 {
		w.header(tap.LastHeader())
	}
	return report, w.out.Flush()
}

// counter is a sink that counts flows.
type counter struct{ count int64 }

func (*counter) Begin(int) {}

func (c *counter) Batch(b *flow.Batch) error {
	c.count += int64(b.Len())
	return nil
}

// lineWriter writes lines below their header, which it writes where it changes.
type lineWriter struct {
	out    *bufio.Writer
	before []byte // the header in force
	lines  int64
}

// line writes lines, of which the last may lack its end.
func (w *lineWriter) line(header, lines []byte) error {
	if !bytes.Equal(lasting(header), lasting(w.before)) {
		w.header(header)
	}
	w.out.Write(lines)
	w.lines += int64(bytes.Count(lines, []byte("\n")))
	if !bytes.HasSuffix(lines, []byte("\n")) {
		w.out.WriteByte('\n')
		w.lines++
	}
	_, err := w.out.Write(nil) // the error of any of these
	return err
}

func (w *lineWriter) header(header []byte) {
	w.before = bytes.Clone(header)
	w.out.Write(without(header, "#close")) // of the log before
}

// lasting returns header lines without those that say when a log was begun or ended:
// they differ from file to file.
func lasting(header []byte) []byte { return without(without(header, "#close"), "#open") }

// without returns lines but for those that begin with a word.
func without(lines []byte, word string) (kept []byte) {
	for line := range bytes.Lines(lines) {
		if !bytes.HasPrefix(line, []byte(word)) {
			kept = append(kept, line...)
		}
	}
	return kept
}
