package jsonlog

import (
	"bytes"
	"time"

	"github.com/valyala/fastjson"

	"beacon/internal/flowlog"
	"beacon/internal/flowlog/clocks"
	"beacon/internal/flowlog/numbers"
	"beacon/internal/flowlog/protocol"
)

// Azure's flow logs: VNet version 4 (epoch ms) and NSG versions 1 and 2 (epoch
// s). One document holds records, a record groups of rules, a group tuples of
// text; it is read record by record. A flow has several tuples: one when it
// begins (B) or is denied (D), then one every few minutes while it lasts (C) and
// one when it ends (E). Only the first kind is a flow here: the others would
// give every long connection a beat of its own. Their bytes go with them.

func init() {
	flowlog.Register(&flowlog.Format{
		Name:    "azure",
		Needs:   "flowTuples",
		Gives:   "ports, protocol, bytes",
		Doc:     "Azure VNet (version 4) and NSG (versions 1 and 2) flow logs",
		Example: `{"records":[{"flowRecords":{"flows":[{"flowGroups":[{"flowTuples":["1591367999300,10.0.0.5,192.0.2.7,50000,443,6,O,B,NX,0,0,0,0"]}]}]}}]}`,
		Rank:    2,
		Sniff: func(head flowlog.Head) bool {
			text := bytes.TrimLeft(head[head.Start():], " \t\r\n[")
			return len(text) > 0 && text[0] == '{' && bytes.Contains(text, []byte(`"flowTuples"`))
		},
		Open: func(in *flowlog.Input, opt *flowlog.Options) (flowlog.Reader, error) {
			return readObjects(in, int64(in.Head.Start()), parseAzure)
		},
	})
}

func parseAzure(w *flowlog.Worker, text []byte) error {
	var p fastjson.Parser
	return eachObject(w, text, func(start, end int) error {
		v, err := p.ParseBytes(text[start:end])
		if err != nil {
			return w.Bad(text[start:end], badJSON)
		}
		if records := v.GetArray("records"); records != nil {
			for _, record := range records {
				if err := azureRecord(w, record); err != nil {
					return err
				}
			}
			return nil
		}
		return azureRecord(w, v)
	})
}

func azureRecord(w *flowlog.Worker, v *fastjson.Value) error {
	groups, unit := "flowGroups", int64(time.Millisecond)
	rules := v.GetArray("flowRecords", "flows")
	if rules == nil {
		groups, unit = "flows", int64(time.Second)
		rules = v.GetArray("properties", "flows")
	}
	if rules == nil {
		w.Other()
		return nil
	}
	for _, rule := range rules {
		for _, group := range rule.GetArray(groups) {
			for _, tuple := range group.GetArray("flowTuples") {
				text, _ := tuple.StringBytes()
				if err := azureTuple(w, text, unit); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// azureTuple reads time, source, destination, source port, destination port,
// protocol, direction, and then: of VNet, state, encryption, packets and bytes
// sent, packets and bytes received; of NSG, decision, and in version 2 state and
// the same four.
func azureTuple(w *flowlog.Worker, text []byte, unit int64) error {
	var fields [13][]byte
	n := 0
	for rest := text; n < len(fields); n++ {
		at := bytes.IndexByte(rest, ',')
		if at < 0 {
			fields[n] = rest
			n++
			break
		}
		fields[n], rest = rest[:at], rest[at+1:]
	}
	if n < 8 {
		return w.Bad(text, flowlog.TooFew)
	}
	state := fields[7]
	if unit == int64(time.Second) {
		state = fields[8]
	}
	if string(state) == "C" || string(state) == "E" {
		w.Other()
		return nil
	}
	var f flowlog.Flow
	ok := false
	c := clocks.Clock{Unit: unit}
	if f.Time, ok = c.Parse(fields[0]); !ok {
		return w.Bad(text, flowlog.BadTime)
	}
	f.Src, ok = w.Addr(fields[1])
	if ok {
		f.Dst, ok = w.Addr(fields[2])
	}
	if !ok {
		return w.Bad(text, flowlog.BadAddress)
	}
	known := func(r flowlog.Role, ok bool) {
		if !ok {
			w.Unknown(text, r)
		}
	}
	f.SrcPort, ok = parsePort(fields[3])
	known(flowlog.SourcePort, ok)
	f.Port, ok = parsePort(fields[4])
	known(flowlog.DestinationPort, ok)
	f.Proto, ok = azureProtocol(fields[5])
	known(flowlog.Protocol, ok)
	f.SrcBytes, ok = parseCount(fields[10])
	known(flowlog.ByteCount, ok)
	received, ok := parseCount(fields[12])
	known(flowlog.ByteCount, ok)
	f.Bytes = f.SrcBytes + received
	return w.Add(&f)
}

// azureProtocol reads T and U, which NSG writes, or a number.
func azureProtocol(text []byte) (uint8, bool) {
	switch string(text) {
	case "T":
		return 6, true
	case "U":
		return 17, true
	}
	return protocol.Parse(text)
}

// parsePort reads a port; an empty one is 0.
func parsePort(text []byte) (uint16, bool) {
	v, ok := parseCount(text)
	if !ok || v >= 1<<16 {
		return 0, false
	}
	return uint16(v), true
}

// parseCount reads a number; an empty one is 0.
func parseCount(text []byte) (int64, bool) {
	if len(text) == 0 {
		return 0, true
	}
	return numbers.ParseUint(text)
}
