package devicelog

import (
	"bytes"

	"beacon/internal/flowlog/cut"
	"beacon/internal/flowlog/record"
)

// Envoy's access logs, JSON or the default text of Istio. The destination is the
// upstream host; where Envoy chose none, the address that the client called.
//
// Shape: Envoy, "Access logging"; Istio, "Envoy access logs".

func init() {
	record.RegisterDialect(&record.Dialect{
		Name:    "envoy-json",
		Shown:   "start_time, downstream_remote_address, upstream_host",
		Doc:     "Envoy and Istio access logs, JSON",
		Example: `{"start_time":"2020-06-21T00:00:02.892Z","downstream_remote_address":"10.0.0.5:50000","upstream_host":"203.0.113.9:443","bytes_sent":900,"bytes_received":300,"duration":5}`,
		Needs:   [][]string{{"starttime"}, {"downstreamremoteaddress"}, {"upstreamhost", "downstreamlocaladdress"}},
		Names: record.All(record.Time.Named("starttime"), record.Src.Named("downstreamremoteaddress"), record.Dst.Named("upstreamhost downstreamlocaladdress"),
			record.Received.Named("bytessent"), record.Sent.Named("bytesreceived"), record.Duration.Named("duration"), record.Name.Named("requestedservername authority")),
		Unit:   ms,
		Finish: func(v *record.Values, _ func(string) []byte) string { splitPorts(v); return "" },
	})
	record.Register(&record.Device{
		Name:    "envoy",
		Needs:   "start time, upstream host, downstream remote address",
		Gives:   "ports, protocol, bytes, duration, name",
		Doc:     "Istio's and Envoy's default access log, text",
		Example: `[2020-06-21T00:00:02.892Z] "- - -" 0 - - - "-" 300 900 5 - "-" "-" "-" "-" "203.0.113.9:443" outbound|443||a.example 10.0.0.5:41000 203.0.113.9:443 10.0.0.5:50000 a.example -`,
		Mine: func(line []byte) bool {
			return len(line) > 22 && line[0] == '[' && line[5] == '-' && line[11] == 'T' && bytes.Count(line, []byte(`"`)) >= 10 && envoyFields(line, nil) >= 20
		},
		Read: readEnvoy,
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

func readEnvoy(m *record.Message, v *record.Values) string {
	var f [envoyFieldCount][]byte
	if envoyFields(m.Line, &f) <= envoyClient {
		return record.TooShort
	}
	v.Text[record.Time], v.Text[record.Src], v.Text[record.Dst] = f[envoyTime], f[envoyClient], f[envoyUpstream]
	if cut.Null(v.Text[record.Dst]) {
		v.Text[record.Dst] = f[envoyCalled]
	}
	v.Text[record.Received], v.Text[record.Sent], v.Text[record.Duration], v.Unit = f[envoySent], f[envoyReceived], f[envoyDuration], ms
	if v.Text[record.Name] = f[envoyServerName]; cut.Null(v.Text[record.Name]) {
		v.Text[record.Name] = f[envoyAuthority]
	}
	splitPorts(v)
	return ""
}

// splitPorts takes the ports off both ends' addresses.
func splitPorts(v *record.Values) {
	v.Text[record.Src], v.Text[record.SrcPort] = cut.HostPort(v.Text[record.Src])
	v.Text[record.Dst], v.Text[record.DstPort] = cut.HostPort(v.Text[record.Dst])
	if name, _ := cut.HostPort(v.Text[record.Name]); name != nil {
		v.Text[record.Name] = name
	}
	v.Text[record.Proto] = []byte("tcp")
}
