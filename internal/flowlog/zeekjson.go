package flowlog

import "slices"

// Zeek's conn.log as JSON lines: times as float, ISO date or ms, keys with a
// point, an underscore (Security Onion) or nested (Vector, Tenzir). A stream of
// several logs tells them apart by _path; only conn is read then, for conn_long
// says of a connection what conn says again when it ends.

func init() {
	register(&Format{
		Name:    "zeek-json",
		Doc:     "Zeek conn.log as JSON lines, alone or in a stream of all logs",
		Example: `{"ts":1591367999.3,"id.orig_h":"10.0.0.5","id.resp_h":"192.0.2.7","id.resp_p":443,"proto":"tcp","orig_bytes":302,"resp_bytes":1200}`,
		Rank:    3,
		Sniff:   zeekJSONSniff,
		Open:    openZeekJSON,
	})
}

var zeekJSONSniff = sniffJSON([]string{"ts", "_write_ts"}, []string{"id.orig_h", "id_orig_h"}, []string{"id.resp_h", "id_resp_h"})

var zeekJSON = jsonLayout{
	fields: []jsonField{
		{path: "ts", role: startTime},
		{path: "id.orig_h", role: source},
		{path: "id_orig_h", role: source},
		{path: "id.orig_p", role: sourcePort},
		{path: "id_orig_p", role: sourcePort},
		{path: "id.resp_h", role: destination},
		{path: "id_resp_h", role: destination},
		{path: "id.resp_p", role: destinationPort},
		{path: "id_resp_p", role: destinationPort},
		{path: "proto", role: protocol},
		{path: "duration", role: duration},
		{path: "orig_bytes", role: sourcePart},
		{path: "resp_bytes", role: destinationPart},
	},
}

func openZeekJSON(in *Input, opt *Options) (Reader, error) {
	l := zeekJSON
	if sniffJSON([]string{"_path"})(in.Head) {
		l.fields = append(slices.Clone(l.fields), jsonField{path: "_path", role: recordKind})
		l.kinds = []string{"conn"}
	}
	return l.open(in, opt)
}
