package machine

import (
	"bufio"
	"cmp"
	"strings"

	"beacon/internal/beacon"
	"beacon/internal/netset"
	"beacon/internal/report"
	"beacon/internal/words"
)

func init() {
	register(&Output{
		Name:    "ocsf",
		Doc:     "an OCSF 1.3 Detection Finding for each finding, one a line",
		Endings: []string{".ocsf"},
		Accepts: []string{".json", ".ndjson", ".jsonl"},
		Write:   writeOCSF,
	})
}

// ocsfFinding is an OCSF Detection Finding, class 2004.
type ocsfFinding struct {
	ActivityID  int              `json:"activity_id"`
	CategoryUID int              `json:"category_uid"`
	ClassUID    int              `json:"class_uid"`
	TypeUID     int              `json:"type_uid"`
	Time        int64            `json:"time"` // ms since the Unix epoch
	StartTime   int64            `json:"start_time"`
	EndTime     int64            `json:"end_time"`
	SeverityID  int              `json:"severity_id"`
	Severity    string           `json:"severity"`
	StatusID    int              `json:"status_id"`
	Count       int64            `json:"count"`
	Message     string           `json:"message"`
	Metadata    ocsfMetadata     `json:"metadata"`
	Info        ocsfInfo         `json:"finding_info"`
	Observables []ocsfObservable `json:"observables"`
	Evidences   []ocsfEvidence   `json:"evidences"`
	Unmapped    ocsfUnmapped     `json:"unmapped"`
}

type ocsfMetadata struct {
	Version string      `json:"version"`
	Product ocsfProduct `json:"product"`
	LogName string      `json:"log_name"` // the inputs
}

type ocsfProduct struct {
	Name       string `json:"name"`
	VendorName string `json:"vendor_name"`
	Version    string `json:"version"`
}

type ocsfInfo struct {
	UID       string       `json:"uid"`
	Title     string       `json:"title"`
	Desc      string       `json:"desc"`
	Types     []string     `json:"types"`
	Attacks   []ocsfAttack `json:"attacks,omitempty"`
	FirstSeen int64        `json:"first_seen_time"`
	LastSeen  int64        `json:"last_seen_time"`
}

// ocsfAttack is a technique of MITRE ATT&CK.
type ocsfAttack struct {
	Version      string     `json:"version"`
	Tactic       ocsfNamed  `json:"tactic"`
	Technique    ocsfNamed  `json:"technique"`
	SubTechnique *ocsfNamed `json:"sub_technique,omitempty"`
}

type ocsfNamed struct {
	UID  string `json:"uid"`
	Name string `json:"name"`
}

type ocsfObservable struct {
	Name   string `json:"name"`
	TypeID int    `json:"type_id"`
	Type   string `json:"type"`
	Value  string `json:"value"`
}

type ocsfEvidence struct {
	Src ocsfEndpoint `json:"src_endpoint"`
	Dst ocsfEndpoint `json:"dst_endpoint"`
}

type ocsfEndpoint struct {
	IP       string        `json:"ip,omitempty"`
	Hostname string        `json:"hostname,omitempty"`
	MAC      string        `json:"mac,omitempty"`
	Port     *uint16       `json:"port,omitempty"`
	Zone     string        `json:"zone,omitempty"` // the networks that hold it
	System   *ocsfSystem   `json:"autonomous_system,omitempty"`
	Location *ocsfLocation `json:"location,omitempty"`
}

type ocsfSystem struct {
	Number uint32 `json:"number"`
	Name   string `json:"name,omitempty"`
}

type ocsfLocation struct {
	Country string `json:"country"`
}

// ocsfUnmapped holds what OCSF has no attributes for: the finding with all its fields, and
// the run.
type ocsfUnmapped struct {
	Schema  int     `json:"beacon_schema"`
	Finding any     `json:"finding"`
	Run     jsonRun `json:"run"`
}

// ocsfSeverities are the severities by concern.
var ocsfSeverities = [concerns]struct {
	id   int
	name string
}{{4, "High"}, {3, "Medium"}, {2, "Low"}, {2, "Low"}, {1, "Informational"}}

// The types of observables in OCSF.
const (
	ocsfHostname = 1
	ocsfMAC      = 3
	ocsfIP       = 2
)

func writeOCSF(w *bufio.Writer, fs *beacon.Findings, meta report.Meta) error {
	run := runJSON(fs, meta)
	for f := range fs.All() {
		if err := writeObject(w, toOCSF(f, run)); err != nil {
			return err
		}
		w.WriteByte('\n')
	}
	return nil
}

func toOCSF(f *beacon.Finding, run jsonRun) ocsfFinding {
	const ms = 1_000_000
	severity := ocsfSeverities[concern(f)]
	inputs := make([]string, len(run.Inputs))
	for i, in := range run.Inputs {
		inputs[i] = in.Name
	}
	o := ocsfFinding{
		ActivityID: 1, CategoryUID: 2, ClassUID: 2004, TypeUID: 200401, // create, findings, Detection Finding
		Time: f.Last / ms, StartTime: f.First / ms, EndTime: f.Last / ms,
		SeverityID: severity.id, Severity: severity.name, StatusID: 1, Count: f.Flows,
		Message:  title(f),
		Metadata: ocsfMetadata{"1.3.0", ocsfProduct{"beacon", "beacon", run.Version}, strings.Join(inputs, " ")},
		Info: ocsfInfo{
			UID: "beacon:" + string(f.Scope) + ":" + findingID(f), Title: title(f), Desc: summary(f),
			Types: []string{"beaconing"}, Attacks: ocsfAttacks(f), FirstSeen: f.First / ms, LastSeen: f.Last / ms,
		},
		Evidences: []ocsfEvidence{},
		Unmapped:  ocsfUnmapped{SchemaVersion, object(f), run},
	}
	for _, d := range f.Destinations {
		o.Observables = append(o.Observables, ocsfHost("dst_endpoint", d.Host))
		for _, a := range d.Addresses {
			o.Observables = append(o.Observables, ocsfHost("dst_endpoint", a))
		}
		for _, name := range d.Names {
			o.Observables = append(o.Observables, ocsfObservable{"dst_endpoint.hostname", ocsfHostname, "Hostname", words.Plain(name)})
		}
	}
	for _, s := range f.Sources {
		for _, h := range s.Hosts() {
			o.Observables = append(o.Observables, ocsfHost("src_endpoint", h))
		}
		if s.Name() != "" {
			o.Observables = append(o.Observables, ocsfObservable{"src_endpoint.hostname", ocsfHostname, "Hostname", words.Plain(s.Name())})
		}
		if s.MAC() != "" {
			o.Observables = append(o.Observables, ocsfObservable{"src_endpoint.mac", ocsfMAC, "MAC Address", s.MAC()})
		}
		for _, d := range f.Destinations {
			o.Evidences = append(o.Evidences, ocsfEvidence{ocsfSource(&s), ocsfDestination(f, &d)})
		}
	}
	return o
}

// ocsfHost returns the observable of a host: its address or its name.
func ocsfHost(endpoint string, h netset.Host) ocsfObservable {
	if h.IsName() {
		return ocsfObservable{endpoint + ".hostname", ocsfHostname, "Hostname", words.Plain(h.Name)}
	}
	return ocsfObservable{endpoint + ".ip", ocsfIP, "IP Address", h.String()}
}

func ocsfEnd(h netset.Host) ocsfEndpoint {
	if h.IsName() {
		return ocsfEndpoint{Hostname: words.Plain(h.Name)}
	}
	return ocsfEndpoint{IP: h.String()}
}

func ocsfSource(s *beacon.Source) ocsfEndpoint {
	e := ocsfEnd(s.Addr)
	e.Hostname, e.MAC = cmp.Or(e.Hostname, words.Plain(s.Name())), s.MAC()
	e.Zone = strings.Join(s.Networks, " ")
	return e
}

func ocsfAttacks(f *beacon.Finding) (list []ocsfAttack) {
	for _, t := range report.Techniques(f) {
		a := ocsfAttack{report.ATTACKVersion, ocsfNamed{"TA0011", "Command and Control"}, ocsfNamed{t.ID, t.Name}, nil}
		if t.Sub != "" {
			a.SubTechnique = &ocsfNamed{t.FullID(), t.Sub}
		}
		list = append(list, a)
	}
	return list
}

func ocsfDestination(f *beacon.Finding, d *beacon.Destination) ocsfEndpoint {
	e := ocsfEnd(d.Host)
	e.Port = port(f)
	if len(d.Origins) > 0 {
		o := d.Origins[0]
		if o.ASN != 0 {
			e.System = &ocsfSystem{o.ASN, o.Organization}
		}
		if o.Country != "" {
			e.Location = &ocsfLocation{o.Country}
		}
	}
	if len(d.Names) > 0 {
		e.Hostname = words.Plain(d.Names[0])
	}
	if e.Port != nil && *e.Port == 0 {
		e.Port = nil
	}
	return e
}
