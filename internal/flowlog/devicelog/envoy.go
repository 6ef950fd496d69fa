package devicelog

import (
	"bytes"

	"beacon/internal/flowlog/cut"
)

// Envoy's access logs, JSON or the default text of Istio. The destination is the
// upstream host; where Envoy chose none, the address that the client called.
//
// Shape: Envoy, "Access logging"; Istio, "Envoy access logs".

func init() {
	registerDialect(&dialect{
		name:    "envoy-json",
		shown:   "start_time, downstream_remote_address, upstream_host",
		doc:     "Envoy and Istio access logs, JSON",
		example: `{"start_time":"2020-06-21T00:00:02.892Z","downstream_remote_address":"10.0.0.5:50000","upstream_host":"203.0.113.9:443","bytes_sent":900,"bytes_received":300,"duration":5}`,
		needs:   [][]string{{"starttime"}, {"downstreamremoteaddress"}, {"upstreamhost", "downstreamlocaladdress"}},
		names: all(vTime.named("starttime"), vSrc.named("downstreamremoteaddress"), vDst.named("upstreamhost downstreamlocaladdress"),
			vReceived.named("bytessent"), vSent.named("bytesreceived"), vDuration.named("duration"), vName.named("requestedservername authority")),
		unit:   ms,
		finish: func(v *values, _ func(string) []byte) string { splitPorts(v); return "" },
	})
	register(&device{
		name:    "envoy",
		needs:   "start time, upstream host, downstream remote address",
		gives:   "ports, protocol, bytes, duration, name",
		doc:     "Istio's and Envoy's default access log, text",
		example: `[2020-06-21T00:00:02.892Z] "- - -" 0 - - - "-" 300 900 5 - "-" "-" "-" "-" "203.0.113.9:443" outbound|443||a.example 10.0.0.5:41000 203.0.113.9:443 10.0.0.5:50000 a.example -`,
		mine: func(line []byte) bool {
			return len(line) > 22 && line[0] == '[' && line[5] == '-' && line[11] == 'T' && bytes.Count(line, []byte(`"`)) >= 10 && envoyFields(line, nil) >= 20
		},
		read: readEnvoy,
	})
}

// Where the fields of Istio's default format stand, counted from 0.
const (
	envoyTime = iota
	envoyRequest
	_ // response code
	_ // flags
	_ // details
	_ // why the connection ended
	_ // why the upstream failed
	envoyReceived
	envoySent
	envoyDuration
	_ // of the upstream
	_ // X-Forwarded-For
	_ // agent
	_ // request id
	envoyAuthority
	envoyUpstream
	_ // cluster
	_ // local address of the upstream's connection
	envoyCalled
	envoyClient
	envoyServerName
	envoyFieldCount
)

// envoyFields cuts a line at its blanks outside quotes and brackets, and counts the
// fields.
func envoyFields(line []byte, fields *[envoyFieldCount][]byte) (n int) {
	for len(line) > 0 {
		end, skip := bytes.IndexByte(line, ' '), 1
		switch line[0] {
		case '"':
			if close := bytes.IndexByte(line[1:], '"'); close >= 0 {
				end = close + 2
			}
		case '[':
			if close := bytes.IndexByte(line, ']'); n == 0 && close >= 0 { // the time
				end = close + 1
			}
		}
		if end < 0 || end >= len(line) {
			end, skip = len(line), 0
		}
		if fields != nil && n < len(fields) {
			fields[n] = bytes.Trim(line[:end], `"[]`)
			if line[0] == '[' && n > 0 {
				fields[n] = line[:end]
			}
		}
		n++
		line = line[end+skip:]
	}
	return n
}

func readEnvoy(m *message, v *values) string {
	var f [envoyFieldCount][]byte
	if envoyFields(m.line, &f) <= envoyClient {
		return tooShort
	}
	v.text[vTime], v.text[vSrc], v.text[vDst] = f[envoyTime], f[envoyClient], f[envoyUpstream]
	if cut.Null(v.text[vDst]) {
		v.text[vDst] = f[envoyCalled]
	}
	v.text[vReceived], v.text[vSent], v.text[vDuration], v.unit = f[envoySent], f[envoyReceived], f[envoyDuration], ms
	if v.text[vName] = f[envoyServerName]; cut.Null(v.text[vName]) {
		v.text[vName] = f[envoyAuthority]
	}
	splitPorts(v)
	return ""
}

// splitPorts takes the ports off both ends' addresses.
func splitPorts(v *values) {
	v.text[vSrc], v.text[vSrcPort] = cut.HostPort(v.text[vSrc])
	v.text[vDst], v.text[vDstPort] = cut.HostPort(v.text[vDst])
	if name, _ := cut.HostPort(v.text[vName]); name != nil {
		v.text[vName] = name
	}
	v.text[vProto] = []byte("tcp")
}
