package textlog

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"beacon/internal/flowlog"
	"beacon/internal/flowlog/cut"
)

// CICFlowMeter's CSV. Its Java version writes times on a 12-hour clock without
// AM or PM, and day before month: such a log is refused, for half of its flows
// would stand twelve hours from where they were. A log whose times tell
// themselves, as the Python version writes them, is read.

func init() {
	flowlog.Register(&flowlog.Format{
		Name:    "cicflowmeter",
		Needs:   "Timestamp (24-hour clock), Src IP, Dst IP",
		Gives:   "ports, protocol, bytes, duration",
		Doc:     "CICFlowMeter CSV whose times have a 24-hour clock",
		Example: "Flow ID,Src IP,Src Port,Dst IP,Dst Port,Protocol,Timestamp,Flow Duration,Tot Fwd Pkts",
		Rank:    4,
		Sniff: func(head flowlog.Head) bool {
			t, ok := sniffTable(head)
			return ok && cicHeader(t.first)
		},
		Open: openCIC,
	})
}

var cicRoles = map[string]flowlog.Role{
	"timestamp": flowlog.StartTime, "srcip": flowlog.Source, "sourceip": flowlog.Source, "dstip": flowlog.Destination, "destinationip": flowlog.Destination,
	"srcport": flowlog.SourcePort, "sourceport": flowlog.SourcePort, "dstport": flowlog.DestinationPort, "destinationport": flowlog.DestinationPort, "protocol": flowlog.Protocol, "flowduration": flowlog.Duration,
	"totlenfwdpkts": flowlog.SourcePart, "totallengthoffwdpackets": flowlog.SourcePart, "totallengthoffwdpacket": flowlog.SourcePart,
	"totlenbwdpkts": flowlog.ByteCount, "totallengthofbwdpackets": flowlog.ByteCount, "totallengthofbwdpacket": flowlog.ByteCount,
}

func cicHeader(columns []string) bool {
	return slices.ContainsFunc(columns, func(c string) bool { return flowlog.NormalName(c) == "flowduration" }) &&
		slices.ContainsFunc(columns, func(c string) bool { n := flowlog.NormalName(c); return n == "srcip" || n == "sourceip" })
}

func openCIC(in *flowlog.Input, opt *flowlog.Options) (flowlog.Reader, error) {
	t, ok := sniffTable(in.Head)
	if !ok || !cicHeader(t.first) {
		return nil, errors.New("its first line is no header of CICFlowMeter's")
	}
	d := &delimited{separator: t.separator, quoted: true, values: flowlog.FieldParser{Nulls: []string{"NaN"}, Unit: time.Microsecond}}
	var err error
	if d.roles, err = flowlog.KnownColumns(t.first, cicRoles, opt); err != nil {
		return nil, err
	}
	skip := min(t.skip+t.size, len(in.Head))
	if s := firstField(d, in.Head[skip:], flowlog.StartTime); s != "" && opt.TimeFormat == "" {
		if _, ok := flowlog.NewClock([]byte(s), opt); !ok && !strings.HasSuffix(strings.ToUpper(s), "M") {
			return nil, &flowlog.InputError{Input: in.Name, Line: t.lines + 2, Err: fmt.Errorf("times like %q, on a 12-hour clock without AM or PM: morning and evening can't be told apart", s),
				Hint: "make the flows from the capture once more: beacon reads the pcap itself"}
		}
	}
	if err := d.setClocks(in.Head[skip:], opt); err != nil {
		return nil, err
	}
	if cicSeconds(t, in.Head[skip:]) {
		d.values.Unit = time.Second
	}
	return d.read(in, int64(t.skip+t.size), t.lines+1)
}

// cicSeconds tells whether durations are in seconds, as some of the Python versions
// write them, and not in microseconds: packets by duration are the packets per second
// that stand beside them.
func cicSeconds(t table, sample []byte) bool {
	at := func(names ...string) int {
		return slices.IndexFunc(t.first, func(c string) bool { return slices.Contains(names, flowlog.NormalName(c)) })
	}
	columns := []int{at("flowduration"), at("flowpktss", "flowpacketss"), at("totfwdpkts", "totalfwdpackets", "totalfwdpacket"),
		at("totbwdpkts", "totalbackwardpackets", "totalbwdpackets")}
	if slices.Contains(columns, -1) {
		return false
	}
	l := cut.Splitter{Separator: t.separator, Quoted: true}
	for line := range bytes.Lines(sample) {
		if !l.Split(bytes.TrimRight(line, "\r\n")) || len(l.Fields) <= slices.Max(columns) {
			continue
		}
		var v [4]float64
		for i, c := range columns {
			v[i], _ = strconv.ParseFloat(string(l.Fields[c]), 64)
		}
		duration, rate, packets := v[0], v[1], v[2]+v[3]
		if duration > 0 && rate > 0 && packets > 0 {
			return packets/rate > duration/thousand // a million times less, in microseconds
		}
	}
	return false
}

// thousand lies between the two units, on the scale of their ratio of a million.
const thousand = 1000
