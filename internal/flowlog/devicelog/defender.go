package devicelog

import (
	"bytes"

	"beacon/internal/flowlog/cut"
	"beacon/internal/flowlog/record"
)

// Microsoft Defender's DeviceNetworkEvents, from advanced hunting, Sentinel or the
// streaming API: the device is the local end, and the source but of connections
// that it accepted. RemoteUrl is a name or a URL.
//
// Shape: Microsoft, "DeviceNetworkEvents table in the advanced hunting schema".

func init() {
	record.RegisterDialect(&record.Dialect{
		Name:    "defender",
		Shown:   "Timestamp, LocalIP, RemoteIP, ActionType",
		Doc:     "Microsoft Defender DeviceNetworkEvents, CSV and JSON",
		Example: "Timestamp,DeviceName,ActionType,RemoteIP,RemotePort,RemoteUrl,LocalIP,LocalPort,Protocol",
		Needs:   [][]string{{"remoteip"}, {"localip"}, {"actiontype", "devicename", "remoteurl", "deviceid"}, {"timestamp", "timestamputc", "timestamplocaltime", "timegenerated", "timegeneratedutc", "timegeneratedlocaltime", "time"}},
		Names: record.All(record.Time.Named("timestamp timestamputc timegenerated timegeneratedutc time"), record.Src.Named("localip"), record.SrcPort.Named("localport"),
			record.Dst.Named("remoteip"), record.DstPort.Named("remoteport"), record.Proto.Named("protocol"), record.Name.Named("remoteurl")),
		Finish: func(v *record.Values, get func(string) []byte) string {
			if bytes.HasPrefix(get("actiontype"), []byte("Inbound")) {
				v.Reverse()
				v.Text[record.Name] = nil
			}
			if string(get("actiontype")) == "ConnectionFailed" {
				v.Text[record.State] = unanswered
			}
			if url := v.Text[record.Name]; bytes.Contains(url, []byte("://")) {
				v.Text[record.Name], _ = cut.URLHost(url, false)
			}
			return ""
		},
		Host: func(v *record.Values, get func(string) []byte) string { return v.OfHost(get("devicename")) },
	})
}
