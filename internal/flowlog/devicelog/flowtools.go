package devicelog

import (
	"bytes"
	"strconv"

	"beacon/internal/flowlog"
	"beacon/internal/flowlog/cut"
)

// flow-tools as text: flow-export -f2 (CSV, whose times are ms since the router
// started, which unix_secs and sysuptime date) and flow-print -f5 (columns, times
// without a year).
//
// Shape: flow-tools, flow-export(1), flow-print(1).

func init() {
	registerDialect(&dialect{
		name:    "flow-tools",
		shown:   "unix_secs, sysuptime, first, srcaddr, dstaddr",
		doc:     "flow-tools flow-export -f2, CSV",
		example: "#:unix_secs,unix_nsecs,sysuptime,exaddr,dpkts,doctets,first,last,engine_type,engine_id,srcaddr,dstaddr,nexthop,input,output,srcport,dstport,prot,tos,tcp_flags",
		needs:   [][]string{{"unixsecs"}, {"sysuptime"}, {"first"}, {"srcaddr"}, {"dstaddr"}},
		names: all(vSrc.named("srcaddr"), vDst.named("dstaddr"), vSrcPort.named("srcport"), vDstPort.named("dstport"), vProto.named("prot"), vSent.named("doctets"),
			vDuration.named("last")),
		unit: ms,
		finish: func(v *values, get func(string) []byte) string {
			secs, ok1 := flowlog.ParseUint(get("unixsecs"))
			uptime, ok2 := flowlog.ParseUint(get("sysuptime"))
			first, ok3 := flowlog.ParseUint(get("first"))
			if !ok1 || !ok2 || !ok3 || secs > 1<<33 || first > uptime {
				return badTime
			}
			nsecs, _ := flowlog.ParseUint(get("unixnsecs"))
			v.text[vTime] = strconv.AppendInt(nil, secs*1000+nsecs/1e6-uptime+first, 10)
			v.text[vDuration] = nil
			if last, ok := flowlog.ParseUint(get("last")); ok && last >= first {
				v.text[vDuration] = strconv.AppendInt(nil, last-first, 10)
			}
			return ""
		},
	})
	register(&device{
		name:    "flow-print",
		needs:   "Start, SrcIPaddress, DstIPaddress (-f5)",
		gives:   "ports, protocol, bytes, duration",
		doc:     "flow-tools flow-print -f5",
		example: "0621.00:00:02.892 0621.00:00:07.892 1     10.0.0.5        50000 2     203.0.113.9     443   6  3  10         1200",
		mine: func(line []byte) bool {
			return len(line) > 40 && line[4] == '.' && line[7] == ':' && line[10] == ':' && cut.IsNumber(line[:4]) && bytes.IndexByte(line, '=') < 0
		},
		read: func(m *message, v *values) string {
			var f [12][]byte
			if cut.Words(m.line, f[:]) < len(f) {
				return tooShort
			}
			v.text[vTime], v.until = f[0], f[1]
			v.text[vSrc], v.text[vSrcPort], v.text[vDst], v.text[vDstPort], v.text[vProto], v.text[vSent] = f[3], f[4], f[6], f[7], f[8], f[11]
			return ""
		},
	})
}
