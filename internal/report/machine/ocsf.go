package machine

import (
	"bufio"
	"fmt"

	"beacon/internal/beacon"
	"beacon/internal/report"
)

func init() {
	register(&Output{
		Name:  "ocsf",
		Doc:   "an OCSF 1.3 Detection Finding for each finding, one a line",
		Write: writeOCSF,
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
}

type ocsfProduct struct {
	Name       string `json:"name"`
	VendorName string `json:"vendor_name"`
}

type ocsfInfo struct {
	UID       string   `json:"uid"`
	Title     string   `json:"title"`
	Desc      string   `json:"desc"`
	Types     []string `json:"types"`
	FirstSeen int64    `json:"first_seen_time"`
	LastSeen  int64    `json:"last_seen_time"`
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
	IP string `json:"ip"`
}

type ocsfUnmapped struct {
	Schema   int          `json:"beacon_schema"`
	Shape    string       `json:"shape"`
	Slots    int          `json:"slots"`
	Evidence jsonEvidence `json:"evidence"`
}

// severities of the shapes, by rank: high, medium, low, informational.
var ocsfSeverities = []struct {
	id   int
	name string
}{{4, "High"}, {3, "Medium"}, {2, "Low"}, {2, "Low"}, {1, "Informational"}}

func writeOCSF(w *bufio.Writer, fs *beacon.Findings, _ report.Meta) error {
	for _, f := range fs.Of(beacon.ScopeDestination) {
		if err := writeObject(w, toOCSF(f)); err != nil {
			return err
		}
		w.WriteByte('\n')
	}
	return nil
}

func toOCSF(f *beacon.Finding) ocsfFinding {
	const ms = 1_000_000
	severity := ocsfSeverities[min(f.Day.Shape.Rank(), len(ocsfSeverities)-1)]
	dst := f.Destinations[0].Host.String()
	o := ocsfFinding{
		ActivityID: 1, CategoryUID: 2, ClassUID: 2004, TypeUID: 200401, // create, findings, Detection Finding
		Time: f.Last / ms, StartTime: f.First / ms, EndTime: f.Last / ms,
		SeverityID: severity.id, Severity: severity.name, StatusID: 1, Count: f.Flows,
		Message:  fmt.Sprintf("%s is called with a rhythm (%s)", dst, f.Day.Shape),
		Metadata: ocsfMetadata{"1.3.0", ocsfProduct{"beacon", "beacon"}},
		Info: ocsfInfo{
			UID: "beacon:destination:" + dst, Title: "Beaconing to " + dst, Desc: summary(f),
			Types: []string{"beaconing"}, FirstSeen: f.First / ms, LastSeen: f.Last / ms,
		},
		Observables: []ocsfObservable{{"dst_endpoint.ip", 2, "IP Address", dst}},
		Evidences:   []ocsfEvidence{},
		Unmapped:    ocsfUnmapped{SchemaVersion, string(f.Day.Shape), f.Day.Slots, evidenceJSON(&f.Day.Evidence)},
	}
	for _, s := range f.Sources {
		ip := s.Addr.String()
		o.Observables = append(o.Observables, ocsfObservable{"src_endpoint.ip", 2, "IP Address", ip})
		o.Evidences = append(o.Evidences, ocsfEvidence{ocsfEndpoint{ip}, ocsfEndpoint{dst}})
	}
	return o
}
