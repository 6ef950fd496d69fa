package devicelog

import (
	"bytes"

	"beacon/internal/flowlog/cut"
)

// Zscaler's NSS feeds of web traffic: key=value apart by tabs, as it writes them for
// Splunk, and JSON. The client is the internal address where it is known, or else
// the public one.
//
// Shape: Zscaler, "NSS feed output format: web logs"; elastic/integrations,
// packages/zscaler_zia.

func init() {
	register(&device{
		names:   true,
		name:    "zscaler",
		needs:   "time, ClientIP or clientpublicIP, hostname or serverip, product=NSS",
		gives:   "port, protocol, bytes, name",
		doc:     "Zscaler NSS web logs, key=value",
		example: "2020-06-21 00:00:02\treason=Allowed\tprotocol=HTTPS\taction=Allowed\tresponsesize=900\trequestsize=300\tserverip=203.0.113.9\tproduct=NSS\tClientIP=10.0.0.5\turl=a.example/x\tvendor=Zscaler\thostname=a.example",
		mine: func(line []byte) bool {
			return bytes.Contains(line, []byte("product=NSS")) && (bytes.Contains(line, []byte("ClientIP=")) || bytes.Contains(line, []byte("clientpublicIP=")))
		},
		read: readZscaler,
		utc:  true,
	})
	registerDialect(&dialect{
		name:    "zscaler-json",
		shown:   "time or epochtime, cltip or cltintip or ClientIP, host or serverip, sourcetype zscalernss-web",
		doc:     "Zscaler NSS web logs, JSON",
		example: `{"sourcetype":"zscalernss-web","event":{"time":"Sun Jun 21 00:00:02 2020","host":"a.example","serverip":"203.0.113.9","cltintip":"10.0.0.5","cltsourceport":"50000","proto":"HTTPS","reqsize":"300","respsize":"900"}}`,
		needs:   [][]string{{"cltip", "cltintip", "clientip", "cip"}, {"serverip", "sip"}, {"cloudname", "urlsupercat", "reqsize", "reqdatasize", "requestsize", "responsesize"}},
		names: all(vTime.named("time datetime epochtime"), vSrc.named("cltintip cltip clientip cip cltpubip"), vSrcPort.named("cltsourceport"), vDst.named("serverip sip"),
			vKind.named("proto"), vSent.named("reqsize requestsize"), vReceived.named("respsize responsesize"), vName.named("host hostname ehost")),
		finish: func(v *values, _ func(string) []byte) string { zscalerProtocol(v, v.text[vKind]); return "" },
	})
}

func init() {
	register(&device{
		name:    "zscaler-fw",
		needs:   "datetime or time, csip, cdip (key=value, apart by tabs)",
		gives:   "ports, protocol, bytes, duration",
		doc:     "Zscaler NSS firewall logs, key=value",
		example: "datetime=Sun Jun 21 00:00:02 2020\taction=Allow\tcsip=10.0.0.5\tcsport=50000\tcdip=203.0.113.9\tcdport=443\tproto=TCP\tinbytes=900\toutbytes=300",
		mine: func(line []byte) bool {
			return bytes.Contains(line, []byte("\tcsip=")) && bytes.Contains(line, []byte("\tcdip="))
		},
		read: readZscalerFirewall,
		utc:  true,
	})
}

func readZscalerFirewall(m *message, v *values) string {
	for pair := range bytes.SplitSeq(m.line, []byte("\t")) {
		key, val, _ := bytes.Cut(pair, []byte("="))
		if at := bytes.LastIndexByte(key, ' '); at >= 0 { // behind a syslog header
			key = key[at+1:]
		}
		switch string(key) {
		case "datetime", "time":
			v.text[vTime] = val
		case "csip":
			v.text[vSrc] = val
		case "csport":
			v.text[vSrcPort] = val
		case "cdip":
			v.text[vDst] = val
		case "cdport":
			v.text[vDstPort] = val
		case "proto":
			v.text[vProto] = val
		case "outbytes":
			v.text[vSent] = val
		case "inbytes":
			v.text[vReceived] = val
		case "duration":
			v.text[vDuration] = val
		case "cdfqdn":
			v.text[vName] = val
		}
	}
	return ""
}

func readZscaler(m *message, v *values) string {
	time, rest, _ := bytes.Cut(m.line, []byte("\t"))
	if bytes.IndexByte(time, '=') >= 0 {
		rest = m.line
	} else if n := len("2020-06-21 00:00:02"); len(time) >= n { // behind a syslog header
		v.text[vTime] = time[len(time)-n:]
	}
	var public []byte
	for len(rest) > 0 {
		var pair []byte
		pair, rest, _ = bytes.Cut(rest, []byte("\t"))
		key, val, _ := bytes.Cut(pair, []byte("="))
		switch string(bytes.TrimSpace(key)) {
		case "datetime", "time":
			v.text[vTime] = val
		case "ClientIP":
			v.text[vSrc] = val
		case "clientpublicIP":
			public = val
		case "serverip":
			v.text[vDst] = val
		case "hostname":
			v.text[vName] = val
		case "protocol":
			zscalerProtocol(v, val)
		case "requestsize":
			v.text[vSent] = val
		case "responsesize":
			v.text[vReceived] = val
		}
	}
	if cut.Null(v.text[vSrc]) {
		v.text[vSrc] = public
	}
	zscalerUnknown(v)
	return ""
}

// zscalerProtocol takes the protocol of a request.
func zscalerProtocol(v *values, name []byte) {
	v.text[vProto] = []byte("tcp")
	switch string(bytes.ToLower(name)) {
	case "http":
		v.text[vDstPort] = []byte("80")
	case "https", "ssl", "http_proxy":
		v.text[vDstPort] = []byte("443")
	}
	zscalerUnknown(v)
}

// zscalerUnknown clears a server's address that stands for none: of a request that
// was blocked or tunnelled.
func zscalerUnknown(v *values) {
	if string(v.text[vDst]) == "0.0.0.0" || string(v.text[vDst]) == "NA" {
		v.text[vDst] = nil
	}
}
