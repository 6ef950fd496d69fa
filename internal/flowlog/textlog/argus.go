package textlog

import (
	"errors"
	"fmt"
	"regexp"
	"slices"

	"beacon/internal/flow"
	"beacon/internal/flowlog"
)

// Argus's ra as separated text (ra -c ,) and the binetflow files of CTU-13,
// which are of the same kind. A flow whose direction is <- runs from DstAddr to
// SrcAddr. Records of man, arp, lldp and the like are no IP flows.

func init() {
	flowlog.Register(&flowlog.Format{
		Name:    "argus",
		Needs:   "StartTime, SrcAddr, DstAddr, Dir",
		Gives:   "ports, protocol, bytes, duration",
		Doc:     "Argus ra as CSV, and CTU-13 binetflow",
		Example: "StartTime,Dur,Proto,SrcAddr,Sport,Dir,DstAddr,Dport,State,sTos,dTos,TotPkts,TotBytes,SrcBytes,Label",
		Rank:    4,
		Sniff: func(head flowlog.Head) bool {
			t, ok := sniffTable(head)
			return ok && argusHeader(t.first)
		},
		Open: openArgus,
	})
}

var argusRoles = map[string]flowlog.Role{
	"starttime": flowlog.StartTime, "stime": flowlog.StartTime, "dur": flowlog.Duration, "proto": flowlog.RecordKind, "srcaddr": flowlog.Source, "saddr": flowlog.Source, "sport": flowlog.SourcePort,
	"dir": flowlog.Direction, "state": flowlog.State, "dstaddr": flowlog.Destination, "daddr": flowlog.Destination, "dport": flowlog.DestinationPort, "totbytes": flowlog.ByteCount, "bytes": flowlog.ByteCount,
	"srcbytes": flowlog.SourceByteCount, "sbytes": flowlog.SourceByteCount, "lasttime": flowlog.EndTime, "ltime": flowlog.EndTime,
}

// argusHeader knows ra's columns by its direction.
func argusHeader(columns []string) bool {
	var names []string
	for _, c := range columns {
		names = append(names, flowlog.NormalName(c))
	}
	return slices.Contains(names, "dir") && (slices.Contains(names, "srcaddr") || slices.Contains(names, "saddr")) && (slices.Contains(names, "dstaddr") || slices.Contains(names, "daddr"))
}

const raHint = "ra -r FILE -u -n -c , -s stime,dur,proto,saddr,sport,dir,daddr,dport,bytes,sbytes"

// timeOfDay is a time without its date, as ra writes it unless told otherwise.
var timeOfDay = regexp.MustCompile(`^\d\d:\d\d:\d\d(\.\d+)?$`)

func openArgus(in *flowlog.Input, opt *flowlog.Options) (flowlog.Reader, error) {
	t, ok := sniffTable(in.Head)
	if !ok || !argusHeader(t.first) {
		return nil, errors.New("its first line is no header of ra's columns")
	}
	if t.separator == ' ' {
		return nil, &flowlog.InputError{Input: in.Name, Err: errors.New("columns of ra that are apart by blanks: one that is empty can't be told"), Hint: raHint}
	}
	d := &delimited{separator: t.separator, padded: true, values: flowlog.FieldParser{Kind: argusIP}}
	wanted := *opt // a reversed flow needs the other side's too
	if wanted.Columns&(flow.SrcPort|flow.Port) != 0 {
		wanted.Columns |= flow.SrcPort | flow.Port
	}
	if wanted.Columns.Has(flow.SrcBytes) {
		wanted.Columns |= flow.Bytes
	}
	var err error
	if d.roles, err = flowlog.KnownColumns(t.first, argusRoles, &wanted); err != nil {
		return nil, err
	}
	skip := min(t.skip+t.size, len(in.Head))
	if s := firstField(d, in.Head[skip:], flowlog.StartTime); timeOfDay.MatchString(s) {
		return nil, &flowlog.InputError{Input: in.Name, Line: t.lines + 2, Err: fmt.Errorf("times of day without their date: %q", s), Hint: raHint + " writes times since 1970"}
	}
	if err := d.setClocks(in.Head[skip:], opt); err != nil {
		return nil, err
	}
	return d.read(in, int64(skip), t.lines+1)
}

// argusIP says whether a protocol of Argus's is one over IP, which arp is not,
// though its records have addresses.
func argusIP(proto []byte) bool {
	switch string(proto) {
	case "man", "arp", "rarp", "lldp", "llc", "loop", "ipx", "ipx/spx", "spx", "decnet", "at", "aarp", "stp", "cdp", "isis", "eapol", "ppp", "pppoe", "mpls", "null", "x-ns-idp":
		return false
	}
	return true
}
