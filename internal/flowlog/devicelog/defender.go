package devicelog

import (
	"bytes"

	"beacon/internal/flowlog/cut"
)

// Microsoft Defender's DeviceNetworkEvents, from advanced hunting, Sentinel or the
// streaming API: the device is the local end, and the source but of connections
// that it accepted. RemoteUrl is a name or a URL.
//
// Shape: Microsoft, "DeviceNetworkEvents table in the advanced hunting schema".

func init() {
	registerDialect(&dialect{
		name:    "defender",
		shown:   "Timestamp, LocalIP, RemoteIP, ActionType",
		doc:     "Microsoft Defender DeviceNetworkEvents, CSV and JSON",
		example: "Timestamp,DeviceName,ActionType,RemoteIP,RemotePort,RemoteUrl,LocalIP,LocalPort,Protocol",
		needs:   [][]string{{"remoteip"}, {"localip"}, {"actiontype", "devicename", "remoteurl", "deviceid"}},
		names: all(vTime.named("timestamp timestamputc timegenerated timegeneratedutc time"), vSrc.named("localip"), vSrcPort.named("localport"),
			vDst.named("remoteip"), vDstPort.named("remoteport"), vProto.named("protocol"), vName.named("remoteurl")),
		finish: func(v *values, get func(string) []byte) string {
			if bytes.HasPrefix(get("actiontype"), []byte("Inbound")) {
				v.reverse()
				v.text[vName] = nil
			}
			if string(get("actiontype")) == "ConnectionFailed" {
				v.text[vState] = unanswered
			}
			if url := v.text[vName]; bytes.Contains(url, []byte("://")) {
				v.text[vName], _ = cut.URLHost(url, false)
			}
			return ""
		},
	})
}
