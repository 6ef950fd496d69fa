package machine

import (
	"bufio"
	"fmt"
	"strings"

	"beacon/internal/beacon"
	"beacon/internal/netset"
	"beacon/internal/report"
	"beacon/internal/words"
)

func init() {
	register(&Output{
		Name:     "cef",
		Doc:      "an ArcSight Common Event Format event for each finding, one a line",
		Endings:  []string{".cef"},
		Verdicts: toAct,
		Write:    writeCEF,
	})
}

// cefSeverities are the severities by concern, 0 to 10.
var cefSeverities = [concerns]int{9, 7, 5, 3, 1}

var (
	cefHeader    = strings.NewReplacer(`\`, `\\`, `|`, `\|`)
	cefExtension = strings.NewReplacer(`\`, `\\`, `=`, `\=`)
)

// cefEvent is the extension of an event as it is written.
type cefEvent struct{ strings.Builder }

// add adds a key, unless its value is empty.
func (e *cefEvent) add(key, value string) {
	if value == "" {
		return
	}
	if e.Len() > 0 {
		e.WriteByte(' ')
	}
	e.WriteString(key + "=" + cefExtension.Replace(words.Plain(value)))
}

// custom adds one of the keys that are free for use, with its label.
func (e *cefEvent) custom(key, label, value string) {
	if value != "" {
		e.add(key, value)
		e.add(key+"Label", label)
	}
}

func writeCEF(w *bufio.Writer, fs *beacon.Findings, meta report.Meta) error {
	for f := range fs.All() {
		fmt.Fprintf(w, "CEF:0|beacon|beacon|%s|%s|%s|%d|%s\n", cefHeader.Replace(words.Plain(meta.Version)), f.Scope,
			cefHeader.Replace(title(f)), cefSeverities[concern(f)], cefExtensions(f))
	}
	return nil
}

// cefExtensions returns the fields of an event. The first source and destination stand in
// the fields of their own that rules search, all of them in custom strings.
func cefExtensions(f *beacon.Finding) string {
	const ms = 1_000_000
	var e cefEvent
	e.add("externalId", findingID(f))
	e.add("rt", fmt.Sprint(f.Last/ms))
	e.add("start", fmt.Sprint(f.First/ms))
	e.add("end", fmt.Sprint(f.Last/ms))
	cefHost(&e, "src", "c6a2", "Source IPv6 Address", "shost", f.Sources[0].Addr)
	if name := f.Sources[0].Name(); name != "" {
		e.add("shost", words.Plain(name))
	}
	if mac := f.Sources[0].MAC(); mac != "" {
		e.add("smac", mac)
	}
	cefHost(&e, "dst", "c6a3", "Destination IPv6 Address", "dhost", f.Destinations[0].Host)
	names := namesOf(f)
	if len(names) > 0 {
		e.add("dhost", names[0])
	}
	if p := port(f); p != nil && *p != 0 {
		e.add("dpt", fmt.Sprint(*p))
	}
	if f.Proto != 0 {
		e.add("proto", protocolName(f.Proto))
	}
	e.add("cnt", fmt.Sprint(f.Calls))
	e.add("cat", string(f.Verdict))
	e.custom("cn1", "rank", fmt.Sprint(f.Rank))
	if f.Schedule != nil {
		e.custom("cfp1", "period_s", fmt.Sprint(f.Schedule.Period.Seconds()))
		e.custom("cfp2", "jitter", fmt.Sprintf("%.4g", f.Schedule.Jitter))
	} else if f.Lasting != nil {
		e.custom("cfp1", "longest_s", fmt.Sprint(f.Lasting.Longest.Seconds()))
		e.custom("cfp2", "busiest_day_s", fmt.Sprint(f.Lasting.DayTotal.Seconds()))
	} else {
		e.custom("cn2", "slots", fmt.Sprint(f.Day.Slots))
		e.custom("cs5", "shape", string(f.Day.Shape))
	}
	e.custom("cs1", "sources", strings.Join(sourceAddresses(f), " "))
	e.custom("cs2", "destinations", strings.Join(destinationAddresses(f), " "))
	e.custom("cs3", "names", strings.Join(names, " "))
	e.custom("cs4", "explanation", f.Explanation)
	e.custom("cs6", "attack", strings.Join(report.TechniqueIDs(f), " "))
	e.custom("flexString1", "source_networks", strings.Join(f.Sources[0].Networks, " "))
	e.custom("flexString2", "destination_origin", f.Destinations[0].OriginWords())
	e.add("msg", summary(f))
	return e.String()
}

// cefHost adds a host in the field of its kind: src and dst are IPv4 in CEF:0.
func cefHost(e *cefEvent, key4, key6, label, keyName string, h netset.Host) {
	switch {
	case h.IsName():
		e.add(keyName, words.Plain(h.Name))
	case h.Addr.Is4():
		e.add(key4, h.String())
	default:
		e.custom(key6, label, h.String())
	}
}
