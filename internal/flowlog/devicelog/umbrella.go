package devicelog

import (
	"bytes"

	"beacon/internal/flowlog/cut"
	"beacon/internal/flowlog/record"
)

// Cisco Umbrella's exports, comma-separated in quotes without names of columns: DNS
// queries, and the requests of its proxy. The source is the client's internal
// address, or the external one where there is none.
//
//	"2020-06-21 00:00:02","pc1","pc1,Site","10.0.0.5","198.51.100.1","Allowed","1 (A)","NOERROR","a.example.","Search"
//	"2020-06-21 00:00:02","pc1","10.0.0.5","198.51.100.1","203.0.113.9","","ALLOWED","https://a.example/x","","curl","200","300","900"
//
// Shape: Cisco Umbrella, "Log formats and versioning"; elastic/integrations,
// packages/cisco_umbrella. A comma may have a blank behind it.

func init() {
	record.Register(&record.Device{
		Names:   true,
		Name:    "umbrella",
		Needs:   "time, identities, internal and external IP, action, and query type and domain (DNS) or destination IP and URL (proxy)",
		Gives:   "port, protocol, bytes, name",
		Doc:     "Cisco Umbrella DNS and proxy logs, CSV",
		Example: `"2020-06-21 00:00:02","pc1","pc1,Site","10.0.0.5","198.51.100.1","Allowed","1 (A)","NOERROR","a.example.","Search"`,
		Mine: func(line []byte) bool {
			var f [umbrellaFields][]byte
			n := umbrellaRow(line, &f)
			return umbrellaDNS(&f, n) || umbrellaProxy(&f, n)
		},
		Read: readUmbrella,
		UTC:  true,
	})
}

const umbrellaFields = 13 // of a proxy's record, up to the bytes of the response

// umbrellaRow cuts a line into its first fields, and says how many there are.
func umbrellaRow(line []byte, fields *[umbrellaFields][]byte) (n int) {
	if len(line) == 0 || line[0] != '"' {
		return 0
	}
	for more := true; more && n < len(fields); n++ {
		fields[n], line, more = cut.Quoted(line, ',')
	}
	return n
}

func umbrellaDNS(f *[umbrellaFields][]byte, n int) bool {
	return n >= 9 && umbrellaEnds(f[3], f[4]) && bytes.HasSuffix(f[6], []byte(")")) && bytes.Contains(f[6], []byte(" ("))
}

func umbrellaProxy(f *[umbrellaFields][]byte, n int) bool {
	return n >= 8 && umbrellaEnds(f[2], f[3]) && (len(f[4]) == 0 || cut.IsAddress(f[4])) && bytes.Contains(f[7], []byte("://"))
}

func umbrellaEnds(internal, external []byte) bool {
	return cut.IsAddress(external) && (len(internal) == 0 || cut.IsAddress(internal)) || len(external) == 0 && cut.IsAddress(internal)
}

func readUmbrella(m *record.Message, v *record.Values) string {
	var f [umbrellaFields][]byte
	n := umbrellaRow(m.Line, &f)
	v.Text[record.Time] = f[0]
	source := f[3:5]
	if umbrellaDNS(&f, n) {
		v.Text[record.Name], v.Text[record.DstPort] = f[8], []byte("53")
	} else {
		source = f[2:4]
		proxyTarget(v, nil, f[7])
		v.Text[record.Dst], v.Text[record.Sent], v.Text[record.Received] = f[4], f[11], f[12]
	}
	if v.Text[record.Src] = source[0]; len(source[0]) == 0 {
		v.Text[record.Src] = source[1]
	}
	return ""
}
