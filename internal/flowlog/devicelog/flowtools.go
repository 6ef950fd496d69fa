package devicelog

import (
	"bytes"
	"strconv"

	"beacon/internal/flowlog/cut"
	"beacon/internal/flowlog/numbers"
	"beacon/internal/flowlog/record"
)

// flow-tools as text: flow-export -f2 (CSV, whose times are ms since the router
// started, which unix_secs and sysuptime date) and flow-print -f5 (columns, times
// without a year).
//
// Shape: flow-tools, flow-export(1), flow-print(1).

func init() {
	record.RegisterDialect(&record.Dialect{
		Name:    "flow-tools",
		Shown:   "unix_secs, sysuptime, first, srcaddr, dstaddr",
		Doc:     "flow-tools flow-export -f2, CSV",
		Example: "#:unix_secs,unix_nsecs,sysuptime,exaddr,dpkts,doctets,first,last,engine_type,engine_id,srcaddr,dstaddr,nexthop,input,output,srcport,dstport,prot,tos,tcp_flags",
		Needs:   [][]string{{"unixsecs"}, {"sysuptime"}, {"first"}, {"srcaddr"}, {"dstaddr"}},
		Names: record.All(record.Src.Named("srcaddr"), record.Dst.Named("dstaddr"), record.SrcPort.Named("srcport"), record.DstPort.Named("dstport"), record.Proto.Named("prot"), record.Sent.Named("doctets"),
			record.Duration.Named("last")),
		Unit: ms,
		Finish: func(v *record.Values, get func(string) []byte) string {
			secs, ok1 := numbers.ParseUint(get("unixsecs"))
			uptime, ok2 := numbers.ParseUint(get("sysuptime"))
			first, ok3 := numbers.ParseUint(get("first"))
			if !ok1 || !ok2 || !ok3 || secs > 1<<33 || first > uptime {
				return record.BadTime
			}
			nsecs, _ := numbers.ParseUint(get("unixnsecs"))
			v.Text[record.Time] = strconv.AppendInt(nil, secs*1000+nsecs/1e6-uptime+first, 10)
			v.Text[record.Duration] = nil
			if last, ok := numbers.ParseUint(get("last")); ok && last >= first {
				v.Text[record.Duration] = strconv.AppendInt(nil, last-first, 10)
			}
			return ""
		},
	})
	record.Register(&record.Device{
		Name:    "flow-print",
		Needs:   "Start, SrcIPaddress, DstIPaddress (-f5)",
		Gives:   "ports, protocol, bytes, duration",
		Doc:     "flow-tools flow-print -f5",
		Example: "0621.00:00:02.892 0621.00:00:07.892 1     10.0.0.5        50000 2     203.0.113.9     443   6  3  10         1200",
		Mine: func(line []byte) bool {
			return len(line) > 40 && line[4] == '.' && line[7] == ':' && line[10] == ':' && cut.IsNumber(line[:4]) && bytes.IndexByte(line, '=') < 0
		},
		Read: func(m *record.Message, v *record.Values) string {
			var f [12][]byte
			if cut.Words(m.Line, f[:]) < len(f) {
				return record.TooShort
			}
			v.Text[record.Time], v.Until = f[0], f[1]
			v.Text[record.Src], v.Text[record.SrcPort], v.Text[record.Dst], v.Text[record.DstPort], v.Text[record.Proto], v.Text[record.Sent] = f[3], f[4], f[6], f[7], f[8], f[11]
			return ""
		},
	})
}
