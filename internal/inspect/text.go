package inspect

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"beacon/internal/escape"
	"beacon/internal/words"
)

// WriteJSON writes an inspection as one JSON object.
func (i *Inspection) WriteJSON(w io.Writer) error {
	var text bytes.Buffer
	e := json.NewEncoder(&text)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(i); err != nil {
		return err
	}
	_, err := w.Write(escape.JSON(text.Bytes()))
	return err
}

// WriteText writes an inspection for people, its times in a zone.
func (i *Inspection) WriteText(w io.Writer, zone words.Zone) error {
	t := &text{zone: zone, w: tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)}
	for _, in := range i.Inputs {
		t.input(&in)
	}
	if len(i.Inputs) > 1 {
		t.title(fmt.Sprintf("%d inputs", len(i.Inputs)))
		t.line("format", list(i.Totals.Format, i.Totals.Compression))
		t.counts(&i.Totals)
	}
	for n, s := range i.Skipped {
		t.line(once(n, "skipped"), s)
	}
	for _, in := range i.Inputs {
		if in.Damage != "" {
			t.line("damaged", in.Damage)
		}
	}
	for n, b := range i.BadRecords {
		t.line(once(n, "bad records"), fmt.Sprintf("%s:%d: %s: %s", b.Input, b.Line, b.Reason, strconv.QuoteToGraphic(b.Text)))
	}
	for n, d := range i.Doubts {
		place := d.Input
		if d.Line > 0 {
			place = fmt.Sprintf("%s:%d", d.Input, d.Line)
		}
		t.line(once(n, "doubtful"), fmt.Sprintf("%s: %s: %s", place, d.Reason, strconv.QuoteToGraphic(d.Text)))
	}
	if i.Span != nil {
		t.flows(i)
	}
	if t.err != nil {
		return t.err
	}
	return t.w.Flush()
}

// text is lines of a label and what it is about.
type text struct {
	w    *tabwriter.Writer
	zone words.Zone
	err  error
}

func (t *text) printf(format string, args ...any) {
	if t.err == nil {
		_, t.err = fmt.Fprintf(t.w, format, args...)
	}
}

func (t *text) title(name string)        { t.printf("%s\n", name) }
func (t *text) line(label, about string) { t.printf("  %s\t%s\n", label, words.Plain(about)) }

// once returns a label on the first of several lines.
func once(n int, label string) string {
	if n > 0 {
		return ""
	}
	return label
}

// list joins what there is.
func list(words ...string) string {
	return strings.Join(slices.DeleteFunc(words, func(w string) bool { return w == "" }), ", ")
}

func (t *text) input(in *Input) {
	t.title(in.Name)
	size := ""
	if in.Size >= 0 {
		size = words.Size(in.Size)
	}
	wrapping := in.Wrapping
	if wrapping != "" {
		wrapping = "in " + wrapping
	}
	t.line("format", list(in.Format, in.Version, wrapping, in.Compression, size))
	var read, left []string
	for _, c := range in.Columns {
		switch c.Role {
		case "":
			left = append(left, c.Name)
		case c.Name:
			read = append(read, c.Name)
		default:
			read = append(read, c.Name+" as "+c.Role)
		}
	}
	if len(read) > 0 {
		t.line("columns", strings.Join(read, ", "))
	}
	if len(left) > 0 {
		t.line("not read", strings.Join(left, ", "))
	}
	t.counts(&in.Totals)
}

func (t *text) counts(c *Totals) {
	t.line("flows", words.Thousands(c.Rows))
	if c.Other > 0 {
		t.line("other", words.Thousands(c.Other)+" records of another kind, or without addresses")
	}
	reasons := slices.SortedFunc(maps.Keys(c.Reasons), func(a, b string) int {
		return cmp.Or(cmp.Compare(c.Reasons[b], c.Reasons[a]), strings.Compare(a, b))
	})
	for n, reason := range reasons {
		t.line(once(n, "bad"), words.Thousands(c.Reasons[reason])+" "+reason)
	}
	for n, column := range slices.Sorted(maps.Keys(c.Unknown)) {
		t.line(once(n, "unknown"), words.Thousands(c.Unknown[column])+" unreadable "+column+", their flows stay")
	}
	if c.OddTimes > 0 {
		t.line("odd times", words.Thousands(c.OddTimes)+" flows start before 1990 or later than tomorrow")
	}
	for n, note := range c.Notes {
		t.line(once(n, "note"), note)
	}
}

// flows returns what the flows of the log are like.
func (t *text) flows(i *Inspection) {
	t.title("in all")
	t.line("time", fmt.Sprintf("%s (%s)", t.zone.Seconds(int64(i.Span.First), int64(i.Span.Last)), words.Length(time.Duration(i.Span.Last-i.Span.First))))
	order := "in order of time"
	switch {
	case i.Late < 0:
		order = "a table keeps none"
	case i.Late > 0:
		order = fmt.Sprintf("%s flows are earlier than the one before them", words.Thousands(i.Late))
	}
	t.line("order", order)
	gaps := fmt.Sprintf("none of %d minutes or more", i.Gaps.Least)
	if i.Gaps.Count > 0 {
		gaps = fmt.Sprintf("%s of %d minutes or more", words.Thousands(int64(i.Gaps.Count)), i.Gaps.Least)
		if i.Gaps.Count > len(i.Gaps.Longest) {
			gaps += ", the longest"
		}
	}
	t.line("gaps", gaps)
	for _, g := range i.Gaps.Longest {
		t.line("", fmt.Sprintf("%s (%s)", t.zone.Seconds(int64(g.From), int64(g.To)), words.Length(time.Duration(g.To-g.From))))
	}
	a := i.Addresses
	t.line("addresses", fmt.Sprintf("%s: %s IPv4, %s IPv6; %s sources, %s destinations", words.Thousands(int64(a.All)), words.Thousands(int64(a.IPv4)),
		words.Thousands(int64(a.IPv6)), words.Thousands(int64(a.Sources)), words.Thousands(int64(a.Destinations))))
	t.networks(&i.Networks)
	if d := i.Directions; d != nil {
		t.line("directions", fmt.Sprintf("%s outbound, %s inbound, %s within, %s outside", words.Thousands(d.Outbound), words.Thousands(d.Inbound), words.Thousands(d.Within), words.Thousands(d.Outside)))
	}
	t.durations(&i.Durations)
	for n, d := range i.Destinations {
		if n == 0 {
			t.title("busiest destinations")
		}
		t.printf("  %s\t%s\t%s flows\t%s\n", d.Address, d.Kind, words.Thousands(d.Flows), words.Size(d.Bytes))
	}
}

func (t *text) networks(n *Networks) {
	switch n.Source {
	case "":
		t.line("internal", "unknown: "+n.Why)
	case "inferred":
		t.line("internal", strings.Join(n.Internal, ", ")+", as the addresses show")
	case "default":
		t.line("internal", strings.Join(n.Internal, ", ")+", of the default networks")
	default:
		t.line("internal", strings.Join(n.Internal, ", "))
	}
	for _, p := range n.Prefixes {
		t.line("", fmt.Sprintf("%s: %s addresses, %s flows", p.Prefix, words.Thousands(p.Addresses), words.Thousands(p.Flows)))
	}
	t.line("", n.Command)
}

func (t *text) durations(d *Durations) {
	if d.Known == 0 {
		t.line("durations", "none")
		return
	}
	t.line("durations", fmt.Sprintf("%s flows last: over 1s %s, over 1m %s, over 10m %s, over 1h %s; the longest %s", words.Thousands(d.Known),
		words.Thousands(d.Second), words.Thousands(d.Minute), words.Thousands(d.TenMin), words.Thousands(d.Hour), words.Length(time.Duration(d.Longest))))
	if d.SpanHint {
		t.line("", "more than a tenth last longer than a minute, and mark only the one that they start in: --span marks all")
	}
}
