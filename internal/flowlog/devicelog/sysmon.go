package devicelog

import (
	"bytes"

	"beacon/internal/flowlog"
	"beacon/internal/flowlog/cut"
	"beacon/internal/flowlog/record"
)

// Sysmon's event 3, a network connection, as XML: what wevtutil, the Event Viewer
// and Splunk's add-on write, an event a line or the whole in one. Other events are
// passed over. Initiated says whether the process opened the connection; where it
// is false the other end did, and is the source.
//
// Shape: Sysinternals, Sysmon, "Event ID 3: Network connection".

func init() {
	flowlog.Register(&flowlog.Format{
		Name:    "sysmon-xml",
		Needs:   "EventID 3, UtcTime, SourceIp, DestinationIp",
		Gives:   "ports, protocol, name",
		Doc:     "Sysmon network connections (event 3) as XML",
		Example: `<Event><System><EventID>3</EventID></System><EventData><Data Name='UtcTime'>2020-06-21 00:00:02.892</Data><Data Name='SourceIp'>10.0.0.5</Data><Data Name='DestinationIp'>203.0.113.9</Data></EventData></Event>`,
		Rank:    record.Rank,
		Sniff: func(head flowlog.Head) bool {
			return bytes.Contains(head, []byte("<Event")) && bytes.Contains(head, []byte("<EventID>3</EventID>")) && bytes.Contains(head, []byte("SourceIp"))
		},
		Open: func(in *flowlog.Input, opt *flowlog.Options) (flowlog.Reader, error) {
			return cut.ReadRecords(in, wholeEvents, func(w *flowlog.Worker, text []byte) error { return parseSysmon(w, text, sysmonFlow) })
		},
		Hosts: func(in *flowlog.Input, opt *flowlog.Options) (flowlog.Reader, error) {
			return cut.ReadRecords(in, wholeEvents, func(w *flowlog.Worker, text []byte) error { return parseSysmon(w, text, sysmonHost) })
		},
	})
}

var eventEnd = []byte("</Event>")

// wholeEvents cuts a text behind its last event.
func wholeEvents(text []byte) int {
	if at := bytes.LastIndex(text, eventEnd); at >= 0 {
		return at + len(eventEnd)
	}
	return 0
}

// parseSysmon reads a block of events. finish completes the values of each, as
// record.Dialect.Finish does.
func parseSysmon(w *flowlog.Worker, text []byte, finish func(v *record.Values, event []byte) (reason string)) error {
	l := &record.LineReader{Reading: &record.Reading{Device: &record.Device{}}, W: w}
	for {
		at := bytes.Index(text, eventEnd)
		if at < 0 {
			return nil
		}
		event := text[:at]
		if start := bytes.Index(event, []byte("<Event ")); start >= 0 {
			event = event[start:]
		} else if start := bytes.Index(event, []byte("<Event>")); start >= 0 {
			event = event[start:]
		}
		if err := sysmonEvent(l, event, finish); err != nil {
			return err
		}
		w.Lines(1)
		text = text[at+len(eventEnd):]
	}
}

func sysmonEvent(l *record.LineReader, event []byte, finish func(v *record.Values, event []byte) (reason string)) error {
	if !bytes.Contains(event, []byte("<EventID>3</EventID>")) || !bytes.Contains(event, []byte("SourceIp")) {
		l.W.Other()
		return nil
	}
	l.Values = record.Values{}
	v := &l.Values
	v.Text[record.Time] = cut.EventData(event, "UtcTime")
	v.Text[record.Src], v.Text[record.SrcPort] = cut.EventData(event, "SourceIp"), cut.EventData(event, "SourcePort")
	v.Text[record.Dst], v.Text[record.DstPort] = cut.EventData(event, "DestinationIp"), cut.EventData(event, "DestinationPort")
	v.Text[record.Proto], v.Text[record.Name] = cut.EventData(event, "Protocol"), cut.EventData(event, "DestinationHostname")
	if finish(v, event) != "" {
		l.W.Other()
		return nil
	}
	return l.FillAdd(event)
}

func sysmonFlow(v *record.Values, event []byte) (reason string) {
	if string(cut.EventData(event, "Initiated")) == "false" {
		v.Reverse()
		v.Text[record.Name] = cut.EventData(event, "SourceHostname")
	}
	return ""
}

func sysmonHost(v *record.Values, event []byte) (reason string) {
	if string(cut.EventData(event, "Initiated")) != "true" {
		return record.NotFlow
	}
	_, name, _ := bytes.Cut(event, []byte("<Computer>"))
	name, _, _ = bytes.Cut(name, []byte("<"))
	return v.OfHost(bytes.TrimSpace(name))
}
