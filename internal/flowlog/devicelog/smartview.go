package devicelog

import (
	"bytes"

	"beacon/internal/flowlog/cut"
	"beacon/internal/flowlog/record"
)

// Check Point's SmartView and SmartConsole exports as CSV. Origin is the gateway. An
// end can be "name (10.0.0.5)", a service "https (TCP/443)".
//
// Shape: Check Point, Logging and Monitoring Administration Guide, "Exporting
// logs"; made up from it.

func init() {
	record.RegisterDialect(&record.Dialect{
		Name:    "checkpoint-csv",
		Shown:   "Time, Source, Destination, Service, Blade or Origin",
		Doc:     "Check Point SmartView and SmartConsole log exports, CSV",
		Example: `"Time","Blade","Action","Origin","Source","Source Port","Destination","Service"`,
		Needs:   [][]string{{"blade", "origin"}, {"source"}, {"destination"}, {"service", "destinationport"}},
		Names: record.All(record.Time.Named("time"), record.Src.Named("source sourceip"), record.SrcPort.Named("sourceport"), record.Dst.Named("destination destinationip"),
			record.DstPort.Named("destinationport service serviceid"), record.Proto.Named("ipprotocol protocol"), record.Sent.Named("sentbytes clientoutboundbytes"), record.Received.Named("receivedbytes clientinboundbytes"), record.Bytes.Named("bytes totalbytes")),
		Finish: func(v *record.Values, _ func(string) []byte) string {
			v.Text[record.Src], _ = cut.InParentheses(v.Text[record.Src])
			var name []byte
			if v.Text[record.Dst], name = cut.InParentheses(v.Text[record.Dst]); name != nil {
				v.Text[record.Name] = name
			}
			service, _ := cut.InParentheses(v.Text[record.DstPort])
			if proto, port, ok := bytes.Cut(service, []byte("/")); ok { // TCP/443
				service = port
				if cut.Null(v.Text[record.Proto]) {
					v.Text[record.Proto] = proto
				}
			}
			v.Text[record.DstPort] = service
			return ""
		},
	})
}
