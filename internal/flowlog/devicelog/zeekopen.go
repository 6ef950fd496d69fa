package devicelog

import (
	"bytes"

	"beacon/internal/flowlog"
	"beacon/internal/flowlog/cut"
	"beacon/internal/flowlog/join"
)

// Zeek's connections that were still open when they were logged: conn_long (a
// package logs them again and again while they last) and open_conn, as Zeek writes
// them or as JSON. A uid is one flow, whatever number of records it has; one that a
// conn.log beside this log has is that log's.
//
// Shape: Zeek, conn.log; corelight/zeek-long-connections.

func init() {
	registerDialect(&dialect{
		name:    "zeek-open",
		shown:   "ts, uid, id.orig_h, id.resp_h",
		doc:     "Zeek conn_long and open_conn, tab-separated or JSON lines",
		example: "#path\tconn_long\n      #fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\tduration\torig_bytes\tresp_bytes",
		needs:   [][]string{{"ts"}, {"uid"}, {"idorigh"}, {"idresph"}},
		only:    zeekOpenPath,
		names: all(vTime.named("ts"), vSrc.named("idorigh"), vSrcPort.named("idorigp"), vDst.named("idresph"), vDstPort.named("idrespp"), vProto.named("proto"),
			vDuration.named("duration"), vSent.named("origbytes"), vReceived.named("respbytes"), vState.named("connstate"), vKind.named("uid")),
		joined: true,
		finish: func(v *values, get func(string) []byte) string {
			if path := get("path"); path != nil && string(path) != "conn_long" && string(path) != "open_conn" {
				return notFlow
			}
			v.phase = interim
			return ""
		},
		elsewhere: zeekConn,
	})
}

// zeekOpenPath tells whether a log is conn_long or open_conn, and not conn.
func zeekOpenPath(head flowlog.Head) bool {
	has := func(texts ...string) bool {
		for _, text := range texts {
			if bytes.Contains(head, []byte(text)) {
				return true
			}
		}
		return false
	}
	if cut.IsJSON(head) {
		return has(`"conn_long"`, `"open_conn"`) && !has(`"_path":"conn"`, `"_path": "conn"`)
	}
	return has("#path\tconn_long\n", "#path\topen_conn\n", "#path\tconn_long\r", "#path\topen_conn\r") && !has("#path\tconn\n", "#path\tconn\r")
}

// zeekConn discards the connections that a conn.log beside the input has.
func zeekConn(j *join.Joiner, w *flowlog.Worker, in *flowlog.Input, opt *flowlog.Options) error {
	places := j.ByID()
	for _, other := range opt.Beside(in) {
		if name := other.Format.Name; name != "zeek" && name != "zeek-json" {
			continue
		}
		err := cut.EachUID(other, func(uid []byte) {
			for _, place := range places[string(uid)] {
				j.Discard(place)
				w.Other()
			}
			delete(places, string(uid))
		})
		if err != nil {
			return err
		}
	}
	return nil
}
