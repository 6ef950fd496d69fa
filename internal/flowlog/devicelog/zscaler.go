package devicelog

import (
	"bytes"

	"beacon/internal/flowlog/cut"
	"beacon/internal/flowlog/record"
)

// Zscaler's NSS feeds of web traffic: key=value apart by tabs, as it writes them for
// Splunk, and JSON. The client is the internal address where it is known, or else
// the public one.
//
// Shape: Zscaler, "NSS feed output format: web logs"; elastic/integrations,
// packages/zscaler_zia.

func init() {
	record.Register(&record.Device{
		Names:   true,
		Name:    "zscaler",
		Needs:   "time, ClientIP or clientpublicIP, hostname or serverip, product=NSS",
		Gives:   "port, protocol, bytes, name",
		Doc:     "Zscaler NSS web logs, key=value",
		Example: "2020-06-21 00:00:02\treason=Allowed\tprotocol=HTTPS\taction=Allowed\tresponsesize=900\trequestsize=300\tserverip=203.0.113.9\tproduct=NSS\tClientIP=10.0.0.5\turl=a.example/x\tvendor=Zscaler\thostname=a.example",
		Mine: func(line []byte) bool {
			return bytes.Contains(line, []byte("product=NSS")) && (bytes.Contains(line, []byte("ClientIP=")) || bytes.Contains(line, []byte("clientpublicIP=")))
		},
		Read: readZscaler,
		UTC:  true,
	})
	record.RegisterDialect(&record.Dialect{
		Name:    "zscaler-json",
		Shown:   "time or epochtime, cltip or cltintip or ClientIP, host or serverip, sourcetype zscalernss-web",
		Doc:     "Zscaler NSS web logs, JSON",
		Example: `{"sourcetype":"zscalernss-web","event":{"time":"Sun Jun 21 00:00:02 2020","host":"a.example","serverip":"203.0.113.9","cltintip":"10.0.0.5","cltsourceport":"50000","proto":"HTTPS","reqsize":"300","respsize":"900"}}`,
		Needs:   [][]string{{"cltip", "cltintip", "clientip", "cip"}, {"serverip", "sip"}, {"cloudname", "urlsupercat", "reqsize", "reqdatasize", "requestsize", "responsesize"}},
		Names: record.All(record.Time.Named("time datetime epochtime"), record.Src.Named("cltintip cltip clientip cip cltpubip"), record.SrcPort.Named("cltsourceport"), record.Dst.Named("serverip sip"),
			record.Kind.Named("proto"), record.Sent.Named("reqsize requestsize"), record.Received.Named("respsize responsesize"), record.Name.Named("host hostname ehost")),
		Finish: func(v *record.Values, _ func(string) []byte) string {
			zscalerProtocol(v, v.Text[record.Kind])
			return ""
		},
	})
}

func init() {
	record.Register(&record.Device{
		Name:    "zscaler-fw",
		Needs:   "datetime or time, csip, cdip (key=value, apart by tabs)",
		Gives:   "ports, protocol, bytes, duration",
		Doc:     "Zscaler NSS firewall logs, key=value",
		Example: "datetime=Sun Jun 21 00:00:02 2020\taction=Allow\tcsip=10.0.0.5\tcsport=50000\tcdip=203.0.113.9\tcdport=443\tproto=TCP\tinbytes=900\toutbytes=300",
		Mine: func(line []byte) bool {
			return bytes.Contains(line, []byte("\tcsip=")) && bytes.Contains(line, []byte("\tcdip="))
		},
		Read: readZscalerFirewall,
		UTC:  true,
	})
}

func readZscalerFirewall(m *record.Message, v *record.Values) string {
	for pair := range bytes.SplitSeq(m.Line, []byte("\t")) {
		key, val, _ := bytes.Cut(pair, []byte("="))
		if at := bytes.LastIndexByte(key, ' '); at >= 0 { // behind a syslog header
			key = key[at+1:]
		}
		switch string(key) {
		case "datetime", "time":
			v.Text[record.Time] = val
		case "csip":
			v.Text[record.Src] = val
		case "csport":
			v.Text[record.SrcPort] = val
		case "cdip":
			v.Text[record.Dst] = val
		case "cdport":
			v.Text[record.DstPort] = val
		case "proto":
			v.Text[record.Proto] = val
		case "outbytes":
			v.Text[record.Sent] = val
		case "inbytes":
			v.Text[record.Received] = val
		case "duration":
			v.Text[record.Duration] = val
		case "cdfqdn":
			v.Text[record.Name] = val
		}
	}
	return ""
}

func readZscaler(m *record.Message, v *record.Values) string {
	time, rest, _ := bytes.Cut(m.Line, []byte("\t"))
	if bytes.IndexByte(time, '=') >= 0 {
		rest = m.Line
	} else if n := len("2020-06-21 00:00:02"); len(time) >= n { // behind a syslog header
		v.Text[record.Time] = time[len(time)-n:]
	}
	var public []byte
	for len(rest) > 0 {
		var pair []byte
		pair, rest, _ = bytes.Cut(rest, []byte("\t"))
		key, val, _ := bytes.Cut(pair, []byte("="))
		switch string(bytes.TrimSpace(key)) {
		case "datetime", "time":
			v.Text[record.Time] = val
		case "ClientIP":
			v.Text[record.Src] = val
		case "clientpublicIP":
			public = val
		case "serverip":
			v.Text[record.Dst] = val
		case "hostname":
			v.Text[record.Name] = val
		case "protocol":
			zscalerProtocol(v, val)
		case "requestsize":
			v.Text[record.Sent] = val
		case "responsesize":
			v.Text[record.Received] = val
		}
	}
	if cut.Null(v.Text[record.Src]) {
		v.Text[record.Src] = public
	}
	zscalerUnknown(v)
	return ""
}

// zscalerProtocol takes the protocol of a request.
func zscalerProtocol(v *record.Values, name []byte) {
	v.Text[record.Proto] = []byte("tcp")
	switch string(bytes.ToLower(name)) {
	case "http":
		v.Text[record.DstPort] = []byte("80")
	case "https", "ssl", "http_proxy":
		v.Text[record.DstPort] = []byte("443")
	}
	zscalerUnknown(v)
}

// zscalerUnknown clears a server's address that stands for none: of a request that
// was blocked or tunnelled.
func zscalerUnknown(v *record.Values) {
	if string(v.Text[record.Dst]) == "0.0.0.0" || string(v.Text[record.Dst]) == "NA" {
		v.Text[record.Dst] = nil
	}
}
