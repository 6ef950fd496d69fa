package devicelog

import (
	"bytes"

	"beacon/internal/flowlog/cut"
)

// Check Point's SmartView and SmartConsole exports as CSV. Origin is the gateway. An
// end can be "name (10.0.0.5)", a service "https (TCP/443)".
//
// Shape: Check Point, Logging and Monitoring Administration Guide, "Exporting
// logs"; made up from it.

func init() {
	registerDialect(&dialect{
		name:    "checkpoint-csv",
		shown:   "Time, Source, Destination, Service, Blade or Origin",
		doc:     "Check Point SmartView and SmartConsole log exports, CSV",
		example: `"Time","Blade","Action","Origin","Source","Source Port","Destination","Service"`,
		needs:   [][]string{{"blade", "origin"}, {"source"}, {"destination"}, {"service", "destinationport"}},
		names: all(vTime.named("time"), vSrc.named("source sourceip"), vSrcPort.named("sourceport"), vDst.named("destination destinationip"),
			vDstPort.named("destinationport service serviceid"), vProto.named("ipprotocol protocol"), vSent.named("sentbytes clientoutboundbytes"), vReceived.named("receivedbytes clientinboundbytes"), vBytes.named("bytes totalbytes")),
		finish: func(v *values, _ func(string) []byte) string {
			v.text[vSrc], _ = cut.InParentheses(v.text[vSrc])
			var name []byte
			if v.text[vDst], name = cut.InParentheses(v.text[vDst]); name != nil {
				v.text[vName] = name
			}
			service, _ := cut.InParentheses(v.text[vDstPort])
			if proto, port, ok := bytes.Cut(service, []byte("/")); ok { // TCP/443
				service = port
				if cut.Null(v.text[vProto]) {
					v.text[vProto] = proto
				}
			}
			v.text[vDstPort] = service
			return ""
		},
	})
}
