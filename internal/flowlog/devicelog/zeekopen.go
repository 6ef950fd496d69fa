package devicelog

import (
	"bytes"

	"beacon/internal/flowlog"
	"beacon/internal/flowlog/cut"
	"beacon/internal/flowlog/join"
	"beacon/internal/flowlog/record"
)

// Zeek's connections that were still open when they were logged: conn_long (a
// package logs them again and again while they last) and open_conn, as Zeek writes
// them or as JSON. A uid is one flow, whatever number of records it has; one that a
// conn.log beside this log has is that log's.
//
// Shape: Zeek, conn.log; corelight/zeek-long-connections.

func init() {
	record.RegisterDialect(&record.Dialect{
		Name:    "zeek-open",
		Shown:   "ts, uid, id.orig_h, id.resp_h",
		Doc:     "Zeek conn_long and open_conn, tab-separated or JSON lines",
		Example: "#path\tconn_long\n      #fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\tduration\torig_bytes\tresp_bytes",
		Needs:   [][]string{{"ts"}, {"uid"}, {"idorigh"}, {"idresph"}},
		Only:    zeekOpenPath,
		Names: record.All(record.Time.Named("ts"), record.Src.Named("idorigh"), record.SrcPort.Named("idorigp"), record.Dst.Named("idresph"), record.DstPort.Named("idrespp"), record.Proto.Named("proto"),
			record.Duration.Named("duration"), record.Sent.Named("origbytes"), record.Received.Named("respbytes"), record.State.Named("connstate"), record.Kind.Named("uid")),
		Joined: true,
		Finish: func(v *record.Values, get func(string) []byte) string {
			if path := get("path"); path != nil && string(path) != "conn_long" && string(path) != "open_conn" {
				return record.NotFlow
			}
			v.Phase = record.Interim
			return ""
		},
		Elsewhere: zeekConn,
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
