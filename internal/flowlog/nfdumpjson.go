package flowlog

// nfdump's JSON: one array of pretty-printed records (-o json), or a record a
// line (-o ndjson). Its times are the local ones of the machine that ran it.

func init() {
	register(&Format{
		Name:    "nfdump-json",
		Doc:     "nfdump -o json and -o ndjson",
		Example: `{"first":"2020-06-05T14:39:59.300","src4_addr":"10.0.0.5","dst4_addr":"192.0.2.7","dst_port":443,"proto":6,"in_bytes":302}`,
		Rank:    3,
		Sniff:   sniffJSON([]string{"first", "t_first"}, []string{"src4_addr", "src6_addr"}),
		Open: openJSON(jsonLayout{
			fields: []jsonField{
				{path: "first", role: startTime},
				{path: "t_first", role: startTime},
				{path: "last", role: endTime},
				{path: "t_last", role: endTime},
				{path: "src4_addr", role: source},
				{path: "src6_addr", role: source},
				{path: "dst4_addr", role: destination},
				{path: "dst6_addr", role: destination},
				{path: "src_port", role: sourcePort},
				{path: "dst_port", role: destinationPort},
				{path: "proto", role: protocol},
				{path: "in_bytes", role: sourcePart},
				{path: "out_bytes", role: destinationPart},
			},
		}),
	})
}
