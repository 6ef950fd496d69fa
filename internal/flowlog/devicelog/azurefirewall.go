package devicelog

import (
	"bytes"

	"beacon/internal/flowlog"
	"beacon/internal/flowlog/cut"
	"beacon/internal/flowlog/record"
)

// Azure Firewall's older diagnostic logs (AzureFirewallNetworkRule, ApplicationRule,
// DnsProxy): a sentence a connection, in JSON or the tables of Log Analytics. The newer
// ones, AZFW..., have columns of usual names.
//
//	TCP request from 10.0.0.5:50000 to 203.0.113.9:443. Action: Allow
//	HTTPS request from 10.0.0.5:50000 to a.example:443. Action: Allow. Rule Collection: ...
//	DNS Request: 10.0.0.5:50000 - 4711 A IN a.example. udp 41 false 512 NOERROR qr,rd 82 0.01s
//
// Shape: Microsoft, "Azure Firewall diagnostic logs (legacy)".

func init() {
	record.RegisterDialect(&record.Dialect{
		Name:    "azure-firewall",
		Shown:   "time or TimeGenerated, category AzureFirewall..., msg",
		Doc:     "Azure Firewall network, application and DNS logs (legacy), JSON and CSV",
		Example: `{"time":"2020-06-21T00:00:02.123Z","category":"AzureFirewallNetworkRule","properties":{"msg":"TCP request from 10.0.0.5:50000 to 203.0.113.9:443. Action: Allow"}}`,
		Needs:   [][]string{{"msg", "msgs"}, {"category"}, {"time", "timegenerated", "timegeneratedutc"}},
		Names:   record.Time.Named("time timegenerated timegeneratedutc"),
		Also:    "ports, protocol, name",
		Only:    func(head flowlog.Head) bool { return bytes.Contains(head, []byte("AzureFirewall")) },
		Finish: func(v *record.Values, get func(string) []byte) string {
			msg := get("msg")
			if msg == nil {
				msg = get("msgs")
			}
			return azureSentence(msg, v)
		},
	})
}

func azureSentence(msg []byte, v *record.Values) string {
	if rest, ok := bytes.CutPrefix(msg, []byte("DNS Request: ")); ok {
		var words [6][]byte
		if cut.Words(rest, words[:]) < len(words) {
			return record.TooShort
		}
		v.Text[record.Src], v.Text[record.SrcPort] = cut.HostPort(words[0])
		v.Text[record.Name], v.Text[record.DstPort] = words[5], dnsPort
		return ""
	}
	what, rest, ok := bytes.Cut(msg, []byte(" request from "))
	from, rest, ok2 := bytes.Cut(rest, []byte(" to "))
	if !ok || !ok2 {
		return record.NotFlow
	}
	to, _, _ := bytes.Cut(rest, []byte(" "))
	to = bytes.TrimRight(to, ".,")
	v.Text[record.Src], v.Text[record.SrcPort] = cut.HostPort(from)
	host, port := cut.HostPort(to)
	if v.Text[record.DstPort] = port; cut.IsAddress(host) {
		v.Text[record.Dst] = host
	} else {
		v.Text[record.Name] = host
	}
	switch word, _, _ := bytes.Cut(what, []byte(" ")); string(word) { // ICMP Type=8
	case "TCP", "UDP", "ICMP":
		v.Text[record.Proto] = word
	case "HTTP", "HTTPS":
		v.Text[record.Proto] = []byte("TCP")
	}
	return ""
}
