package machine

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"time"
	"unsafe"

	"beacon/internal/beacon"
	"beacon/internal/escape"
	"beacon/internal/netset"
	"beacon/internal/report"
	"beacon/internal/spill"
)

func init() {
	register(&Output{
		Name:     "stix",
		Doc:      "a STIX 2.1 bundle: an indicator, observed data and a sighting for each finding",
		Endings:  []string{".stix"},
		Accepts:  []string{".json"},
		Verdicts: toAct,
		Write:    writeSTIX,
	})
}

// stixObject is an object of the bundle: properties by name, which are written in the
// order of the alphabet.
type stixObject map[string]any

func (o stixObject) id() string { return o["id"].(string) }

// stixSpace is the namespace of the ids of cyber-observable objects (STIX 2.1, 2.9).
var stixSpace = [16]byte{0x00, 0xab, 0xed, 0xb4, 0xaa, 0x42, 0x46, 0x6c, 0x9c, 0x01, 0xfe, 0xd2, 0x33, 0x15, 0xa9, 0xb7}

// stixBundle is the bundle as it grows.
type stixBundle struct {
	objects *spill.Sorter[stixText]
	has     map[string]bool // ids of some of the objects, so that few come twice
	created string          // when its objects were made: the last flow of the log, so that the same log gives the same bundle
	n       int             // objects that were added
	err     error           // the first
}

// stixHas is how many ids are remembered: some 6 MB.
const stixHas = 1 << 16

// stixText is an object as it is written.
type stixText struct {
	id    string
	place int // among all objects
	text  []byte
}

// stixKinds returns how objects are sorted and kept: by id, so that each comes once, at its
// first place, and by place.
func stixKinds() (byID, byPlace spill.Kind[stixText]) {
	code := func(c *spill.Coder, o *stixText) {
		spill.Text(c, &o.id)
		spill.Number(c, &o.place)
		text := string(o.text)
		spill.Text(c, &text)
		o.text = []byte(text)
	}
	byID = spill.Kind[stixText]{
		Compare: func(a, b *stixText) int { return cmp.Compare(a.id, b.id) },
		Code:    code,
		Size:    func(o *stixText) int64 { return int64(unsafe.Sizeof(*o)) + int64(len(o.id)+len(o.text)) },
		Merge: func(into, o *stixText) {
			if o.place < into.place {
				*into = *o
			}
		},
	}
	byPlace = byID
	byPlace.Compare = func(a, b *stixText) int { return cmp.Compare(a.place, b.place) }
	byPlace.Merge = nil
	return byID, byPlace
}

// add adds an object, unless it is there already, and returns its id.
func (b *stixBundle) add(o stixObject) string {
	id := o.id()
	if b.err != nil || b.has[id] {
		return id
	}
	if len(b.has) == stixHas {
		clear(b.has)
	}
	b.has[id] = true
	text, err := json.Marshal(o)
	b.err = cmp.Or(err, b.objects.Add(&stixText{id: id, place: b.n, text: text}))
	b.n++
	return id
}

// domain returns a domain object: its id, unless it has one, is made of a key that names it.
func (b *stixBundle) domain(kind, key string, properties stixObject) stixObject {
	properties["type"], properties["spec_version"] = kind, "2.1"
	if properties["id"] == nil {
		properties["id"] = kind + "--" + uuid5(idSpace, kind+" "+key)
	}
	properties["created"], properties["modified"] = b.created, b.created
	return properties
}

// observable returns a cyber-observable object: its id is made of the properties that
// identify it.
func observable(kind string, identity stixObject) (stixObject, error) {
	name, err := json.Marshal(identity) // of strings and numbers: what RFC 8785 asks for
	if err != nil {
		return nil, err
	}
	o := stixObject{"type": kind, "spec_version": "2.1", "id": kind + "--" + uuid5(stixSpace, string(name))}
	for k, v := range identity {
		o[k] = v
	}
	return o, nil
}

// writeSTIX writes the bundle. Its id and that of its report are made of the references to
// all objects, so that these are kept until they are known.
func writeSTIX(w *bufio.Writer, fs *beacon.Findings, meta report.Meta) error {
	byID, byPlace := stixKinds()
	b := &stixBundle{has: map[string]bool{}, created: stixTime(fs.Totals.Last), objects: spill.New(byID, fs.Memory)}
	refs, objects := spill.New(byPlace, fs.Memory), spill.New(byPlace, fs.Memory)
	defer func() { b.objects.Close(); refs.Close(); objects.Close() }()
	run := runJSON(fs, meta)
	text, err := json.Marshal(run)
	if err != nil {
		return err
	}
	reportName, bundleName := newName(idSpace), newName(idSpace)
	reportName.add("report ")
	bundleName.add("bundle ")
	name := func(piece string) { reportName.add(piece); bundleName.add(piece) }
	name(string(text))
	refer := func(id string) {
		if refs.Len() > 0 {
			name(" ")
		}
		name(id)
		b.err = cmp.Or(b.err, refs.Add(&stixText{id: id, place: refs.Len()}))
	}
	author := b.add(b.domain("identity", "beacon", stixObject{"name": "beacon", "identity_class": "system"}))
	refer(author)
	for f := range fs.All() {
		ids, err := b.finding(f, author)
		if err = cmp.Or(err, b.err); err != nil {
			return err
		}
		for _, id := range ids {
			refer(id)
		}
	}
	for o, err := range b.objects.All() {
		if err = cmp.Or(b.err, err); err == nil {
			err = objects.Add(o)
		}
		if err != nil {
			return err
		}
	}
	fmt.Fprintf(w, `{"id":"bundle--%s","objects":[`, bundleName.uuid())
	for o, err := range objects.All() {
		if err != nil {
			return err
		}
		w.Write(escape.JSON(o.text))
		w.WriteByte(',')
	}
	if err := writeSTIXReport(w, b.domain("report", "", stixObject{"id": "report--" + reportName.uuid(), "name": "beaconing", "published": b.created, "created_by_ref": author,
		"report_types": []string{"threat-report"}, "x_beacon_run": run}), refs); err != nil {
		return err
	}
	w.WriteString(`],"type":"bundle"}` + "\n")
	return nil
}

// writeSTIXReport writes the report with the references of its objects.
func writeSTIXReport(w *bufio.Writer, o stixObject, refs *spill.Sorter[stixText]) error {
	const all = "all" // stands for them
	o["object_refs"] = []string{all}
	text, err := json.Marshal(o)
	if err != nil {
		return err
	}
	before, after, _ := bytes.Cut(escape.JSON(text), []byte(`"object_refs":["`+all+`"`))
	w.Write(before)
	w.WriteString(`"object_refs":[`)
	comma := ""
	for ref, err := range refs.All() {
		if err != nil {
			return err
		}
		fmt.Fprintf(w, `%s"%s"`, comma, ref.id)
		comma = ","
	}
	w.Write(after)
	return nil
}

// stixTypes are the types of indicators by verdict.
var stixTypes = map[beacon.Verdict]string{beacon.VerdictBeacon: "malicious-activity", beacon.VerdictExplained: "benign",
	beacon.VerdictWeak: "anomalous-activity", beacon.VerdictInsufficient: "anomalous-activity"}

// finding adds a finding and returns the ids of its indicator, observed data and sighting, and
// of the techniques that the indicator points to.
func (b *stixBundle) finding(f *beacon.Finding, author string) ([]string, error) {
	const mostObserved = 999_999_999 // of number_observed and count
	calls := max(1, min(f.Calls, mostObserved))
	observed, err := b.observables(f)
	if err != nil {
		return nil, err
	}
	key := findingID(f)
	indicator := b.add(b.domain("indicator", key, stixObject{
		"created_by_ref": author, "name": title(f), "description": summary(f), "indicator_types": []string{stixTypes[f.Verdict]},
		"pattern": stixPattern(f), "pattern_type": "stix", "valid_from": stixTime(f.First),
		"labels": []string{"beaconing", string(f.Verdict)}, "x_beacon_finding": object(f)}))
	data := b.add(b.domain("observed-data", key, stixObject{"created_by_ref": author, "number_observed": calls,
		"first_observed": stixTime(f.First), "last_observed": stixTime(f.Last), "object_refs": observed}))
	sighting := b.add(b.domain("sighting", key, stixObject{"created_by_ref": author, "sighting_of_ref": indicator,
		"observed_data_refs": []string{data}, "where_sighted_refs": []string{author}, "count": calls,
		"first_seen": stixTime(f.First), "last_seen": stixTime(f.Last)}))
	ids := []string{indicator, data, sighting}
	for _, t := range report.Techniques(f) {
		pattern := b.add(b.domain("attack-pattern", t.FullID(), stixObject{"name": t.FullName(), "external_references": []stixObject{
			{"source_name": "mitre-attack", "external_id": t.FullID(), "url": t.URL()}}}))
		ids = append(ids, pattern, b.add(b.domain("relationship", indicator+" indicates "+pattern, stixObject{"created_by_ref": author,
			"relationship_type": "indicates", "source_ref": indicator, "target_ref": pattern})))
	}
	return ids, nil
}

// observables adds the addresses and names of a finding and the traffic between them, and
// returns their ids.
func (b *stixBundle) observables(f *beacon.Finding) (ids []string, err error) {
	add := func(kind string, identity, more stixObject) string {
		var o stixObject
		if err == nil {
			o, err = observable(kind, identity)
		}
		if err != nil {
			return ""
		}
		for k, v := range more {
			o[k] = v
		}
		id := b.add(o)
		ids = append(ids, id)
		return id
	}
	var sources []string
	for _, s := range f.Sources {
		var more stixObject
		if s.MAC() != "" {
			mac := add("mac-addr", stixObject{"value": s.MAC()}, nil)
			more = stixObject{"resolves_to_refs": []string{mac}}
		}
		for i, h := range s.Hosts() {
			if id := add(stixKind(h), stixObject{"value": h.String()}, more); i == 0 {
				sources = append(sources, id)
			}
		}
	}
	for _, d := range f.Destinations {
		var more stixObject
		if !d.Host.IsName() && len(d.Origins) > 0 && d.Origins[0].ASN != 0 {
			o := d.Origins[0]
			system := add("autonomous-system", stixObject{"number": o.ASN}, stixObject{"name": cmp.Or(o.Organization, fmt.Sprintf("AS%d", o.ASN))})
			more = stixObject{"belongs_to_refs": []string{system}}
		}
		destination := add(stixKind(d.Host), stixObject{"value": strings.TrimPrefix(d.Host.String(), "*.")}, more)
		for _, name := range d.Names {
			if hostName.MatchString(name) {
				add("domain-name", stixObject{"value": name}, stixObject{"resolves_to_refs": []string{destination}})
			}
		}
		for i, source := range sources {
			traffic := stixObject{"src_ref": source, "dst_ref": destination, "protocols": stixProtocols(f, d.Host), "start": stixTime(f.Sources[i].First)}
			if p := port(f); p != nil && *p != 0 {
				traffic["dst_port"] = *p
			}
			add("network-traffic", traffic, nil)
		}
	}
	return ids, err
}

// hostName matches names that may stand in a domain-name object; others stand in the
// description alone.
var hostName = regexp.MustCompile(`^[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?(\.[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?)*$`)

// stixPattern returns the pattern that matches each destination of a finding.
func stixPattern(f *beacon.Finding) string {
	parts := make([]string, len(f.Destinations))
	for i, d := range f.Destinations {
		if below, ok := strings.CutPrefix(d.Host.Name, "*."); ok { // the domain and every name below it
			parts[i] = fmt.Sprintf("domain-name:value = '%s' OR domain-name:value LIKE '%%.%s'", below, below)
			continue
		}
		parts[i] = fmt.Sprintf("%s:value = '%s'", stixKind(d.Host), d.Host)
	}
	return "[" + strings.Join(parts, " OR ") + "]"
}

func stixKind(h netset.Host) string {
	switch {
	case h.IsName():
		return "domain-name"
	case h.Addr.Is4():
		return "ipv4-addr"
	}
	return "ipv6-addr"
}

// stixProtocols returns the protocols of a finding's traffic, the outermost first.
func stixProtocols(f *beacon.Finding, addr netset.Host) []string {
	var list []string
	if !addr.IsName() {
		list = []string{strings.TrimSuffix(stixKind(addr), "-addr")}
	} else if f.Proto == 0 {
		list = []string{"ip"}
	}
	if f.Proto != 0 {
		list = append(list, protocolName(f.Proto))
	}
	return list
}

// stixTime returns a time with the milliseconds that STIX asks for.
func stixTime(ns int64) string { return time.Unix(0, ns).UTC().Format("2006-01-02T15:04:05.000Z") }
