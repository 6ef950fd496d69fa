package devicelog

import "bytes"

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
			v.text[vSrc], _ = inParentheses(v.text[vSrc])
			var name []byte
			if v.text[vDst], name = inParentheses(v.text[vDst]); name != nil {
				v.text[vName] = name
			}
			service, _ := inParentheses(v.text[vDstPort])
			if proto, port, ok := bytes.Cut(service, []byte("/")); ok { // TCP/443
				service = port
				if null(v.text[vProto]) {
					v.text[vProto] = proto
				}
			}
			v.text[vDstPort] = service
			return ""
		},
	})
}

// inParentheses is what stands in parentheses at the end of a text, and what stands
// before them; the text itself where there are none.
func inParentheses(text []byte) (inside, before []byte) {
	if n := len(text); n > 2 && text[n-1] == ')' {
		if open := bytes.LastIndexByte(text, '('); open >= 0 {
			return text[open+1 : n-1], bytes.TrimSpace(text[:open])
		}
	}
	return text, nil
}
