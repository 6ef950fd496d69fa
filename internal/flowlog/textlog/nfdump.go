package textlog

import (
	"bytes"
	"errors"
	"slices"

	"beacon/internal/flowlog"
)

// nfdump's CSV, of both kinds: to version 1.7.4 one with many short names and a
// summary at its end, from 1.7.5 on one with few long names (-o csv, and
// -o csv-fast in epoch ms). Dates are the local ones of the machine that ran it.

func init() {
	flowlog.Register(&flowlog.Format{
		Name:    "nfdump",
		Needs:   "ts or firstSeen, sa or srcAddr, da or dstAddr",
		Gives:   "ports, protocol, bytes, duration",
		Doc:     "nfdump -o csv of any version, and -o csv-fast",
		Example: "firstSeen,duration,proto,srcAddr,srcPort,dstAddr,dstPort,packets,bytes,flows",
		Rank:    4,
		Sniff: func(head flowlog.Head) bool {
			t, ok := sniffTable(head)
			return ok && t.separator == ',' && nfdumpHeader(t.first)
		},
		Open: openNfdump,
	})
}

var nfdumpRoles = map[string]flowlog.Role{
	"ts": flowlog.StartTime, "td": flowlog.Duration, "sa": flowlog.Source, "da": flowlog.Destination, "sp": flowlog.SourcePort, "dp": flowlog.DestinationPort, "pr": flowlog.Protocol, "ibyt": flowlog.SourcePart, "obyt": flowlog.ByteCount,
	"firstseen": flowlog.StartTime, "lastseen": flowlog.EndTime, "duration": flowlog.Duration, "srcaddr": flowlog.Source, "dstaddr": flowlog.Destination, "srcport": flowlog.SourcePort, "dstport": flowlog.DestinationPort,
	"proto": flowlog.Protocol, "bytes": flowlog.SourcePart, "flg": flowlog.State, "flags": flowlog.State,
}

func nfdumpHeader(columns []string) bool {
	return slices.Equal(columns[:min(3, len(columns))], []string{"ts", "te", "td"}) || columns[0] == "firstSeen" || slices.Equal(columns[:min(3, len(columns))], []string{"cnt", "af", "firstSeen"})
}

func openNfdump(in *flowlog.Input, opt *flowlog.Options) (flowlog.Reader, error) {
	t, ok := sniffTable(in.Head)
	if !ok || !nfdumpHeader(t.first) {
		return nil, errors.New("its first line is no header of nfdump's CSV")
	}
	if slices.Contains(t.first, "val") {
		return nil, &flowlog.InputError{Input: in.Name, Err: errors.New("statistics of nfdump -s, not flows"), Hint: "nfdump -r FILE -o csv, without -s, writes flows"}
	}
	d := &delimited{separator: t.separator, verdict: nfdumpVerdict}
	var err error
	if d.roles, err = flowlog.KnownColumns(t.first, nfdumpRoles, opt); err != nil {
		return nil, err
	}
	skip := t.skip + t.size
	if err := d.setClocks(in.Head[min(skip, len(in.Head)):], opt); err != nil {
		return nil, err
	}
	return d.read(in, int64(skip), t.lines+1)
}

// nfdumpVerdict knows the lines of the summary: its title, the names and the
// numbers of flows, bytes, packets and three rates. Of several outputs put
// together, the header of each is one too.
func nfdumpVerdict(line []byte) verdict {
	switch {
	case bytes.Equal(line, []byte("Summary")), bytes.HasPrefix(line, []byte("flows,bytes,packets")), bytes.Equal(line, []byte("No matched flows")), bytes.Equal(line, []byte("No matching flows")),
		bytes.HasPrefix(line, []byte("ts,te,td,")), bytes.HasPrefix(line, []byte("firstSeen,")), bytes.HasPrefix(line, []byte("cnt,af,")):
		return noRecord
	case bytes.Count(line, []byte(",")) == 5 && len(bytes.Trim(line, "0123456789,.")) == 0:
		return noRecord
	}
	return unreadable
}
