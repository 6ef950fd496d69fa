package textlog

import (
	"bytes"
	"errors"
	"slices"

	"beacon/internal/flowlog"
)

// SiLK's rwcut: columns apart by bars, padded with blanks, with a bar at the end
// of the line, in any order and selection.

func init() {
	flowlog.Register(&flowlog.Format{
		Name:    "silk",
		Needs:   "sTime, sIP, dIP",
		Gives:   "ports, protocol, bytes, duration",
		Doc:     "SiLK rwcut, with its title line",
		Example: "sIP|dIP|sPort|dPort|pro|packets|bytes|flags|sTime|duration|eTime|sensor|",
		Rank:    4,
		Sniff: func(head flowlog.Head) bool {
			t, ok := sniffTable(head)
			return ok && t.separator == '|' && silkHeader(t.first)
		},
		Open: openSilk,
	})
}

var silkRoles = map[string]flowlog.Role{
	"sip": flowlog.Source, "dip": flowlog.Destination, "sport": flowlog.SourcePort, "dport": flowlog.DestinationPort, "pro": flowlog.Protocol, "protocol": flowlog.Protocol, "bytes": flowlog.SourcePart,
	"flags": flowlog.State,
	"stime": flowlog.StartTime, "stimemsec": flowlog.StartTime, "durat": flowlog.Duration, "dur": flowlog.Duration, "duration": flowlog.Duration, "durmsec": flowlog.Duration, "durationmsec": flowlog.Duration, "etime": flowlog.EndTime,
}

func silkHeader(columns []string) bool {
	return slices.Contains(columns, "sIP") && slices.Contains(columns, "dIP")
}

func openSilk(in *flowlog.Input, opt *flowlog.Options) (flowlog.Reader, error) {
	t, ok := sniffTable(in.Head)
	if !ok || !silkHeader(t.first) {
		return nil, errors.New("its first line is no title line of rwcut")
	}
	d := &delimited{separator: t.separator, padded: true, verdict: func(line []byte) verdict {
		if bytes.Contains(line, []byte("sIP|")) { // the titles of a second output
			return noRecord
		}
		return unreadable
	}}
	var err error
	if d.roles, err = flowlog.KnownColumns(t.first, silkRoles, opt); err != nil {
		return nil, err
	}
	skip := t.skip + t.size
	if err := d.setClocks(in.Head[min(skip, len(in.Head)):], opt); err != nil {
		return nil, err
	}
	return d.read(in, int64(skip), t.lines+1)
}
