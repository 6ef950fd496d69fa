package jsonlog

import (
	"slices"

	"beacon/internal/flowlog"
)

// Zeek's conn.log, ssl.log, http.log, quic.log and dns.log as JSON lines: times as float, ISO date or ms, keys with a
// point, an underscore (Security Onion) or nested (Vector, Tenzir). A stream of
// several logs tells them apart by _path; a log by itself, whose records need not say
// what they are, is told by its keys. conn_long is not read beside conn, for it says of
// a connection what conn says again when it ends.

func init() {
	flowlog.Register(&flowlog.Format{
		Name:    "zeek-json",
		Needs:   "ts, id.orig_h, and id.resp_h or (dns.log) query",
		Gives:   "ports, protocol, bytes, duration (conn.log); name (ssl.log, http.log, quic.log, dns.log)",
		Doc:     "Zeek conn.log, ssl.log, http.log, quic.log and dns.log as JSON lines, alone or in a stream of all logs",
		Example: `{"ts":1591367999.3,"id.orig_h":"10.0.0.5","id.resp_h":"192.0.2.7","id.resp_p":443,"proto":"tcp","orig_bytes":302,"resp_bytes":1200}`,
		Rank:    3,
		Sniff:   func(head flowlog.Head) bool { return zeekJSONSniff(head) && !zeekOpen(zeekJSONPaths(head)) },
		Alike:   alike(zeekJSON.fields),
		Open:    openZeekJSON,
		Names:   zeekJSONNames,
	})
	flowlog.RegisterUnsupported(
		flowlog.Unsupported{What: "a DHCP log of Zeek's", Also: zeekDHCP, Hint: "give it to --names beside a flow log: --names FILE"},
		flowlog.Unsupported{What: "a log of Zeek's that tells of no connections", Also: zeekJSONOther, Hint: "read conn.log, ssl.log, http.log, quic.log or dns.log of the same day instead of FILE"},
	)
}

// zeekJSONNames tells whether a log names the hosts of connections and tells of none.
func zeekJSONNames(head flowlog.Head) bool {
	if paths := zeekJSONPaths(head); len(paths) > 0 {
		return !slices.Contains(paths, "conn")
	}
	return zeekJSONKind(sampleOf(head)) != "conn"
}

// zeekKinds are the logs that are read.
var zeekKinds = []string{"conn", "ssl", "http", "quic", "dns"}

// zeekJSONKind returns the log that records without a path are of, by their keys: one of
// zeekKinds, or "" for another.
func zeekJSONKind(s *sample) string {
	for _, log := range zeekKeys {
		if s.has(log.keys) {
			return log.kind
		}
	}
	return "conn"
}

// zeekKeys are keys that only one log has, in the order of asking.
var zeekKeys = []struct {
	kind string
	keys [][]string
}{
	{"conn", told([]string{"conn_state", "orig_bytes", "resp_bytes", "missed_bytes", "orig_ip_bytes"})},
	{"", told([]string{"note", "fuid", "mime_type", "helo", "mailfrom", "san.dns", "notice", "cookie", "auth_success", "client_name"})},
	{"quic", told([]string{"client_initial_dcid", "client_protocol"})},
	{"ssl", told([]string{"server_name", "cipher", "next_protocol"})},
	{"dns", told([]string{"query", "trans_id", "qtype_name", "rcode_name"})},
	{"http", told([]string{"host", "method", "uri", "trans_depth"})},
}

// zeekJSONOther recognises Zeek's logs that are not read.
func zeekJSONOther(head flowlog.Head) bool {
	if len(head) == 0 || head[0] != '{' || !zeekJSONSniff(head) {
		return false
	}
	if paths := zeekJSONPaths(head); len(paths) > 0 { // else no stream
		return len(paths) == 1 && !slices.Contains(zeekKinds, paths[0]) && !zeekOpen(paths)
	}
	return zeekJSONKind(sampleOf(head)) == ""
}

// zeekJSONPaths returns the logs that a stream's first records name.
func zeekJSONPaths(head flowlog.Head) (paths []string) {
	s := sampleOf(head)
	for i := range min(len(s.records), sniffRecords) {
		s.each(i, func(path string, text []byte) {
			if path == kindPath && !slices.ContainsFunc(paths, func(known string) bool { return known == string(text) }) {
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

var (
	zeekDHCPSniff    = sniffJSON([]string{"ts", "_write_ts"}, []string{"mac"}, []string{"msg_types", "assigned_addr", "client_addr"})
	zeekOldDHCPSniff = sniffJSON([]string{"ts"}, []string{"mac"}, []string{"assigned_ip"}) // before Zeek 3
)

// zeekDHCP recognises dhcp.log by itself. It names the client and the server by keys of its
// own; before Zeek 3 by those of a connection.
func zeekDHCP(head flowlog.Head) bool {
	if !zeekJSONSniff(head) {
		return zeekDHCPSniff(head)
	}
	paths := zeekJSONPaths(head)
	return zeekOldDHCPSniff(head) && (slices.Equal(paths, []string{"dhcp"}) || len(paths) == 0 && !sampleOf(head).has(zeekKeys[0].keys))
}

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
		{path: "conn_state", role: flowlog.State},
		{path: "history", role: flowlog.State},
		{path: "server_name", role: flowlog.HostName},
		{path: "host", role: flowlog.HostName, kind: "http"},
		{path: "uri", role: flowlog.Target, kind: "http"},
		{path: "query", role: flowlog.Query, kind: "dns"},
		{path: "answers", role: flowlog.Answers, kind: "dns"},
	},
	kinds:    zeekKinds,
	nameless: "conn",
}

func openZeekJSON(in *flowlog.Input, opt *flowlog.Options) (flowlog.Reader, error) {
	l := zeekJSON
	l.fields = slices.Clone(l.fields)
	s := sampleOf(in.Head)
	if s.has([][]string{{kindPath}}) {
		l.fields = append(l.fields, jsonField{path: kindPath, role: flowlog.RecordKind})
		l.beside = opt.Connections()
	} else {
		kind := zeekJSONKind(s)
		l.only(kind)
		l.beside = kind != "conn" && opt.Connections()
	}
	return l.openSampled(in, s, opt)
}

// only makes the layout one of records of a single kind, which do not say so.
func (l *jsonLayout) only(kind string) {
	l.fields = slices.DeleteFunc(l.fields, func(f jsonField) bool {
		return f.kind != "" && f.kind != kind || kind == l.nameless && f.role.NamesHost()
	})
	for i := range l.fields {
		l.fields[i].kind = ""
	}
	l.kinds = nil
}
