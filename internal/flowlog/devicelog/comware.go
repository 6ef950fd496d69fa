package devicelog

import (
	"bytes"
	"time"

	"beacon/internal/flowlog/cut"
	"beacon/internal/flowlog/record"
)

// Huawei USG and Eudemon: sessions (SESSION_TEARDOWN, at their end, with the times of both
// in seconds since the Unix epoch) and the packets that a policy permits or denies
// (POLICYPERMIT, POLICYDENY).
//
//	%%01SECLOG/6/SESSION_TEARDOWN(l):IPVer=4,Protocol=tcp,SourceIP=10.0.0.5,DestinationIP=203.0.113.9,SourcePort=50000,DestinationPort=443,BeginTime=1592697602,EndTime=1592697632,SendBytes=300,RcvBytes=900
//	%%01POLICY/6/POLICYPERMIT(l):vsys=public, protocol=6, source-ip=10.0.0.5, source-port=50000, destination-ip=203.0.113.9, destination-port=443, time=2020/6/21 00:00:02
//
// H3C's Comware: sessions (SESSION_IPV4_FLOW, event 8 at their beginning and others at their
// end) and packets of a filter, NAME(number)=value apart by semicolons.
//
//	%%10SESSION/6/SESSION_IPV4_FLOW: Protocol(1001)=TCP;SrcIPAddr(1003)=10.0.0.5;SrcPort(1004)=50000;DstIPAddr(1007)=203.0.113.9;DstPort(1008)=443;InitByteCount(1046)=300;ReplyByteCount(1048)=900;BeginTime_e(1013)=06212020000002;EndTime_e(1014)=06212020000032;Event(1048)=(1)Normal over;
//
// Shape: Huawei, "USG6000 Log Reference"; H3C, "Comware 7 System Log Messages".

func init() {
	record.Register(&record.Device{
		Name:    "huawei",
		Needs:   "SESSION_TEARDOWN, POLICYPERMIT or POLICYDENY, SourceIP and DestinationIP (or source-ip, destination-ip)",
		Gives:   "ports, protocol, bytes, duration (sessions)",
		Doc:     "Huawei USG firewall sessions and policies, syslog",
		Example: "Jun 21 2020 00:00:32 USG %%01SECLOG/6/SESSION_TEARDOWN(l):IPVer=4,Protocol=tcp,SourceIP=10.0.0.5,DestinationIP=203.0.113.9,SourcePort=50000,DestinationPort=443,BeginTime=1592697602,EndTime=1592697632,SendBytes=300,RcvBytes=900",
		Mine:    func(line []byte) bool { return huaweiBody(line) != nil },
		Read:    readHuawei,
		Prefer:  record.Ended,
	})
	record.Register(&record.Device{
		Name:    "h3c",
		Needs:   "%%10, SrcIPAddr(1003), DstIPAddr(1007)",
		Gives:   "ports, protocol, bytes, duration (sessions)",
		Doc:     "H3C Comware sessions and filters, syslog",
		Example: "Jun 21 00:00:32 2020 FW %%10SESSION/6/SESSION_IPV4_FLOW: Protocol(1001)=TCP;SrcIPAddr(1003)=10.0.0.5;SrcPort(1004)=50000;DstIPAddr(1007)=203.0.113.9;DstPort(1008)=443;BeginTime_e(1013)=06212020000002;EndTime_e(1014)=06212020000032;Event(1048)=(1)Normal over;",
		Mine: func(line []byte) bool {
			return bytes.Contains(line, []byte("%%10")) && bytes.Contains(line, []byte("SrcIPAddr(")) && bytes.Contains(line, []byte("DstIPAddr("))
		},
		Read:   readH3C,
		Prefer: record.Ended,
	})
}

var huaweiNames = [][]byte{[]byte("/SESSION_TEARDOWN"), []byte("/POLICYPERMIT"), []byte("/POLICYDENY")}

// huaweiBody returns the pairs of a message about a connection, nil in other lines.
func huaweiBody(line []byte) []byte {
	at := bytes.Index(line, []byte("%%01"))
	if at < 0 {
		return nil
	}
	for _, name := range huaweiNames {
		if n := bytes.Index(line[at:], name); n >= 0 {
			_, body, _ := bytes.Cut(line[at+n:], []byte(":"))
			return body
		}
	}
	return nil
}

var huaweiKeys = map[string]record.Value{
	"Protocol": record.Proto, "SourceIP": record.Src, "DestinationIP": record.Dst, "SourcePort": record.SrcPort, "DestinationPort": record.DstPort,
	"BeginTime": record.Time, "SendBytes": record.Sent, "RcvBytes": record.Received,
	"SendPacketBytes": record.Sent, "RcvPacketBytes": record.Received,
	"protocol": record.Proto, "source-ip": record.Src, "destination-ip": record.Dst, "source-port": record.SrcPort, "destination-port": record.DstPort, "time": record.Time,
}

func readHuawei(m *record.Message, v *record.Values) string {
	for pair := range bytes.SplitSeq(huaweiBody(m.Line), []byte(",")) {
		key, val, _ := bytes.Cut(bytes.TrimSpace(pair), []byte("="))
		if at, known := huaweiKeys[string(key)]; known {
			v.Text[at] = bytes.TrimSuffix(val, []byte("."))
		} else if string(key) == "EndTime" {
			v.Until = val
		}
	}
	if bytes.Contains(m.Line, []byte("/SESSION_TEARDOWN")) {
		v.Phase = record.Ended
	} else {
		v.Phase = record.Begun
	}
	return ""
}

var h3cKeys = map[string]record.Value{
	"Protocol": record.Proto, "SrcIPAddr": record.Src, "DstIPAddr": record.Dst, "SrcPort": record.SrcPort, "DstPort": record.DstPort,
	"InitByteCount": record.Sent, "ReplyByteCount": record.Received, "SndByteCount": record.Sent, "RcvByteCount": record.Received,
}

func readH3C(m *record.Message, v *record.Values) string {
	var begin, end []byte
	created := !bytes.Contains(m.Line, []byte("/SESSION_"))
	_, rest, _ := bytes.Cut(m.Line, []byte(": "))
	if at := bytes.Index(m.Line, []byte("%%10")); at >= 0 {
		_, rest, _ = bytes.Cut(m.Line[at:], []byte(": "))
	}
	for pair := range bytes.SplitSeq(rest, []byte(";")) {
		key, val, _ := bytes.Cut(bytes.TrimSpace(pair), []byte("="))
		name, _, _ := bytes.Cut(key, []byte("("))
		switch at, known := h3cKeys[string(name)]; {
		case known:
			v.Text[at] = val
		case string(name) == "BeginTime_e":
			begin = val
		case string(name) == "EndTime_e":
			end = val
		case string(name) == "Event":
			created = bytes.HasPrefix(val, []byte("(8)"))
		}
	}
	v.Phase = record.Ended
	if created {
		v.Phase = record.Begun
	}
	if t, ok := h3cTime(begin); ok {
		v.Text[record.Time] = t
	}
	if t, ok := h3cTime(end); ok {
		v.Until = t
	}
	return ""
}

// h3cTime writes MMDDYYYYhhmmss as a time that any device might write.
func h3cTime(text []byte) ([]byte, bool) {
	if len(text) != 14 || !cut.IsNumber(text) {
		return nil, false
	}
	t, err := time.Parse("01022006150405", string(text))
	return []byte(t.Format(time.DateTime)), err == nil
}
