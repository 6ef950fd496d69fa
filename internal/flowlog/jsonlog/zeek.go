package jsonlog

import (
	"slices"

	"beacon/internal/flowlog"
)

// Zeek's conn.log as JSON lines: times as float, ISO date or ms, keys with a
// point, an underscore (Security Onion) or nested (Vector, Tenzir). A stream of
// several logs tells them apart by _path; only conn is read then, for conn_long
// says of a connection what conn says again when it ends.

func init() {
	flowlog.Register(&flowlog.Format{
		Name:    "zeek-json",
		Needs:   "ts, id.orig_h, id.resp_h",
		Gives:   "ports, protocol, bytes, duration",
		Doc:     "Zeek conn.log as JSON lines, alone or in a stream of all logs",
		Example: `{"ts":1591367999.3,"id.orig_h":"10.0.0.5","id.resp_h":"192.0.2.7","id.resp_p":443,"proto":"tcp","orig_bytes":302,"resp_bytes":1200}`,
		Rank:    3,
		Sniff:   func(head flowlog.Head) bool { return zeekJSONSniff(head) && !zeekOpen(zeekJSONPaths(head)) },
		Open:    openZeekJSON,
	})
	flowlog.RegisterUnsupported(flowlog.Unsupported{What: "a log of Zeek's that is not conn.log", Also: zeekJSONOther, Hint: "beacon detect conn.log --names FILE, if it is dns.log, ssl.log or http.log"})
}

// zeekJSONOther recognises Zeek's logs of what was said on a connection by their
// keys, where no _path tells.
func zeekJSONOther(head flowlog.Head) bool {
	if len(head) == 0 || head[0] != '{' || !zeekJSONSniff(head) {
		return false
	}
	if paths := zeekJSONPaths(head); len(paths) == 1 { // no stream of several logs
		return paths[0] != "conn" && !zeekOpen(paths)
	}
	conn := sniffJSON([]string{"_path", "conn_state", "duration", "orig_bytes", "resp_bytes", "history", "missed_bytes"})
	other := sniffJSON([]string{"query", "trans_id", "server_name", "cipher", "method", "uri", "note", "fuid", "mime_type", "helo", "username", "cookie"})
	return !conn(head) && other(head)
}

// zeekJSONPaths is the logs that a stream's first records name.
func zeekJSONPaths(head flowlog.Head) (paths []string) {
	n := 0
	for record := range jsonRecords(head) {
		if n++; n > sniffRecords {
			break
		}
		eachValue(record, func(path string, text []byte) {
			if path == "_path" && !slices.Contains(paths, string(text)) {
				paths = append(paths, string(text))
			}
		})
	}
	return paths
}

// zeekOpen tells whether a stream is of connections that were still open: these have
// a format of their own.
func zeekOpen(paths []string) bool {
	return !slices.Contains(paths, "conn") && (slices.Contains(paths, "conn_long") || slices.Contains(paths, "open_conn"))
}

var zeekJSONSniff = sniffJSON([]string{"ts", "_write_ts"}, []string{"id.orig_h", "id_orig_h"}, []string{"id.resp_h", "id_resp_h"})

var zeekJSON = jsonLayout{
	fields: []jsonField{
		{path: "ts", role: flowlog.StartTime},
		{path: "id.orig_h", role: flowlog.Source},
		{path: "id_orig_h", role: flowlog.Source},
		{path: "id.orig_p", role: flowlog.SourcePort},
		{path: "id_orig_p", role: flowlog.SourcePort},
		{path: "id.resp_h", role: flowlog.Destination},
		{path: "id_resp_h", role: flowlog.Destination},
		{path: "id.resp_p", role: flowlog.DestinationPort},
		{path: "id_resp_p", role: flowlog.DestinationPort},
		{path: "proto", role: flowlog.Protocol},
		{path: "duration", role: flowlog.Duration},
		{path: "orig_bytes", role: flowlog.SourcePart},
		{path: "resp_bytes", role: flowlog.DestinationPart},
	},
}

func openZeekJSON(in *flowlog.Input, opt *flowlog.Options) (flowlog.Reader, error) {
	l := zeekJSON
	if sniffJSON([]string{"_path"})(in.Head) {
		l.fields = append(slices.Clone(l.fields), jsonField{path: "_path", role: flowlog.RecordKind})
		l.kinds = []string{"conn"}
	}
	return l.open(in, opt)
}
