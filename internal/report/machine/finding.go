package machine

import (
	"cmp"
	"math"

	"beacon/internal/beacon"
	"beacon/internal/netset"
	"beacon/internal/report"
	"beacon/internal/shape"
	"beacon/internal/words"
)

// utcZone is the zone of all times in these formats.
var utcZone words.Zone

// utc is a time in RFC 3339, UTC, with as many decimals as needed.
type utc string

// jsonFinding holds what every finding has. The doc tags are the documentation of the
// fields: JSONSchema and the table in the README of package report are made of them.
type jsonFinding struct {
	Schema       int               `json:"schema" doc:"version of these fields"`
	Scope        string            `json:"scope" doc:"what the object is"`
	Rank         int               `json:"rank" doc:"1 is the finding to look at first"`
	Verdict      string            `json:"verdict" enum:"beacon,explained,weak,insufficient" doc:"what the finding was decided to be"`
	Explanation  string            `json:"explanation" doc:"name of the service or rule that explains it; empty unless explained"`
	Destinations []jsonDestination `json:"destinations" doc:"the external hosts: one of scope destination, one or more of scope schedule, most calls first"`
	Sources      []jsonSource      `json:"sources" doc:"the internal hosts, in the order of the query"`
	Port         *uint16           `json:"port" doc:"destination port; null where it changes from call to call, 0 where the log doesn't say"`
	Protocol     uint8             `json:"protocol" doc:"IP protocol number, 0 where the log doesn't say"`
	Flows        int64             `json:"flows" doc:"outbound flows"`
	Calls        int64             `json:"calls" doc:"flows less the retries within a call"`
	Bytes        int64             `json:"bytes" doc:"bytes of the flows, 0 where the log doesn't say"`
	First        utc               `json:"first" doc:"start of the first flow"`
	Last         utc               `json:"last" doc:"start of the last flow"`
	Reasons      []jsonReason      `json:"reasons" doc:"what the verdict rests on, and what speaks against it"`
	Techniques   []string          `json:"techniques" doc:"techniques of MITRE ATT&CK that it may be, by their ids"`
	Novelty      string            `json:"novelty" enum:",new,known,changed,borderline" doc:"how it compares with the findings of --baseline; empty without them. borderline: in none of them, but chance decides whether calls like these fill all slots"`
	NewChanges   []string          `json:"novelty_changes" doc:"of a changed one, what differs from the last of these, in words"`
	FirstSeen    utc               `json:"first_seen" doc:"start of its first flow in this run or those of --baseline"`
}

type jsonDestination struct {
	IP        string        `json:"ip,omitempty" doc:"the address; absent where the destination is a name"`
	Name      string        `json:"name,omitempty" doc:"the name; absent where the destination is an address"`
	Addresses []string      `json:"addresses,omitempty" doc:"addresses that a name was met at"`
	Names     []string      `json:"names" doc:"host names that it was called by or is known by, most flows first"`
	Kind      string        `json:"kind" doc:"kind of address: public, multicast, reserved...; public of a name"`
	Flows     int64         `json:"flows" doc:"flows to it"`
	Calls     int64         `json:"calls" doc:"calls to it"`
	Bytes     int64         `json:"bytes" doc:"bytes of the flows, 0 where the log doesn't say"`
	Share     float64       `json:"share" doc:"share of the finding's calls, 0 to 1"`
	Listings  []jsonListing `json:"listings" doc:"indicators of threat that it matches (--intel)"`
	Origins   []jsonOrigin  `json:"origins" doc:"where its addresses belong (--mmdb)"`
	Labels    int           `json:"labels,omitempty" doc:"names under it, of a registered domain in DNS"`
}

type jsonSource struct {
	IP       string   `json:"ip,omitempty" doc:"the address, of several the first in the order of the query; absent where the source is a name"`
	Name     string   `json:"name,omitempty" doc:"the name of the host, where leases or the log tell"`
	MAC      string   `json:"mac,omitempty" doc:"its MAC, where leases tell"`
	Further  []string `json:"further_ips,omitempty" doc:"addresses that the host called from after the first"`
	Networks []string `json:"networks" doc:"names of the networks that hold it"`
	First    utc      `json:"first" doc:"start of its first flow"`
	Last     utc      `json:"last" doc:"start of its last flow"`
	Flows    int64    `json:"flows" doc:"its flows"`
	Bytes    int64    `json:"bytes" doc:"bytes of the flows, 0 where the log doesn't say"`
}

type jsonListing struct {
	Indicator string `json:"indicator" doc:"the address, network or domain that is listed"`
	Source    string `json:"source" doc:"who lists it: the feed, or else the file"`
	Text      string `json:"text" doc:"what the source says about it; may be empty"`
}

type jsonOrigin struct {
	ASN          uint32 `json:"asn" doc:"number of the autonomous system, 0 where unknown"`
	Organization string `json:"organization" doc:"who runs it; may be empty"`
	Country      string `json:"country" doc:"code of the country (ISO 3166); may be empty"`
}

type jsonReason struct {
	Code  string   `json:"code" doc:"what the reason says, for programs"`
	Text  string   `json:"text" doc:"the reason in words"`
	Value *float64 `json:"value" doc:"the number that it rests on, by code"`
}

// hostJSON returns a host as an address or as a name.
func hostJSON(h netset.Host) (ip, name string) {
	if h.IsName() {
		return "", h.Name
	}
	return h.String(), ""
}

func findingJSON(f *beacon.Finding) jsonFinding {
	j := jsonFinding{
		Schema: SchemaVersion, Scope: string(f.Scope), Rank: f.Rank, Verdict: string(f.Verdict), Explanation: f.Explanation,
		Destinations: make([]jsonDestination, len(f.Destinations)), Sources: make([]jsonSource, len(f.Sources)),
		Port: port(f), Protocol: f.Proto, Flows: f.Flows, Calls: f.Calls, Bytes: f.Bytes,
		First: utc(words.UTC(f.First)), Last: utc(words.UTC(f.Last)), Reasons: make([]jsonReason, len(f.Reasons)),
		Techniques: report.TechniqueIDs(f),
		Novelty:    string(f.Since.Novelty), NewChanges: append([]string{}, f.Since.Changes...), FirstSeen: utc(words.UTC(f.FirstSeen())),
	}
	for i, d := range f.Destinations {
		ip, name := hostJSON(d.Host)
		j.Destinations[i] = jsonDestination{IP: ip, Name: name, Addresses: report.Addresses(d.Addresses), Names: append([]string{}, d.Names...), Kind: string(d.Kind),
			Flows: d.Flows, Calls: d.Calls, Bytes: d.Bytes, Share: d.Share, Labels: d.Labels, Listings: []jsonListing{}, Origins: []jsonOrigin{}}
		for _, l := range d.Listings {
			j.Destinations[i].Listings = append(j.Destinations[i].Listings, jsonListing(l))
		}
		for _, o := range d.Origins {
			j.Destinations[i].Origins = append(j.Destinations[i].Origins, jsonOrigin(o))
		}
	}
	for i, s := range f.Sources {
		ip, name := hostJSON(s.Addr)
		j.Sources[i] = jsonSource{IP: ip, Name: cmp.Or(name, s.Name()), MAC: s.MAC(), Further: hostTexts(s.Further()), Networks: append([]string{}, s.Networks...), First: utc(words.UTC(s.First)), Last: utc(words.UTC(s.Last)), Flows: s.Flows, Bytes: s.Bytes}
	}
	for i, r := range f.Reasons {
		j.Reasons[i] = jsonReason{r.Code, r.Text(utcZone), finite(r.Value)}
	}
	return j
}

// port returns the one destination port of a finding: nil where it changes, 0 where the
// log doesn't say.
func port(f *beacon.Finding) *uint16 {
	n := f.Port
	switch {
	case f.PortVaries, f.Day != nil && len(f.Day.Ports) > 1:
		return nil
	case f.Day != nil && len(f.Day.Ports) == 1:
		n = f.Day.Ports[0].Port
	}
	return &n
}

// finite returns a number that JSON can hold, nil of others.
func finite(v float64) *float64 {
	if math.IsInf(v, 0) || math.IsNaN(v) {
		return nil
	}
	return &v
}

// jsonDay is a finding of the every-minute rule.
type jsonDay struct {
	jsonFinding
	Destination string       `json:"destination" doc:"the external address"`
	Shape       string       `json:"shape" doc:"of its calls per bucket: bursts, flat, diurnal, sparse or too short"`
	Slots       int          `json:"slots" doc:"distinct slots of the cycle in which it was called"`
	Evidence    jsonEvidence `json:"evidence" doc:"the numbers behind the shape"`
	Ports       []jsonPort   `json:"ports" doc:"its destination ports, most flows first"`
}

type jsonEvidence struct {
	LogDays     float64  `json:"log_days" doc:"length of the log in days"`
	ActiveShare float64  `json:"active_share" doc:"share of the log's buckets with a call, 0 to 1"`
	ActiveHours float64  `json:"active_hours" doc:"share of the 24 hours of the day with a call"`
	Runs        int      `json:"runs" doc:"runs: calls without half an hour of silence"`
	RunLength   float64  `json:"run_length_s" doc:"median length of a run in seconds"`
	RunShare    float64  `json:"run_share" doc:"share of the log that lies in runs"`
	Regularity  float64  `json:"regularity" doc:"share of runs that other days repeat at the same time"`
	RunTimes    []string `json:"run_times" doc:"times of day at which runs begin, HH:MM in UTC"`
	PatternDays int      `json:"pattern_days" doc:"days that have a run at each of them"`
	Days        int      `json:"days" doc:"days of the log that could"`
	DayNight    float64  `json:"day_night_ratio" doc:"rate in the busiest eight hours to that in the quietest eight"`
	BusyFrom    string   `json:"busy_from" doc:"when the busiest eight hours begin, HH:MM in UTC"`
	QuietFrom   string   `json:"quiet_from" doc:"when the quietest eight hours begin"`
	BusyDays    int      `json:"busy_days" doc:"days on which the busy hours stood out"`
	Sources     int      `json:"sources" doc:"internal addresses that call it"`
	Prevalence  float64  `json:"prevalence" doc:"their share of all internal addresses"`
	ChanceSlots float64  `json:"chance_slots" doc:"slots that as many calls at random would fill"`
	ChanceAll   float64  `json:"chance_all" doc:"probability that they fill as many as the rule needs"`
}

type jsonPort struct {
	Port  uint16 `json:"port" doc:"the port"`
	Flows int64  `json:"flows" doc:"flows to it"`
}

func dayJSON(f *beacon.Finding) jsonDay {
	j := jsonDay{
		jsonFinding: findingJSON(f), Destination: f.Destinations[0].Host.String(), Shape: string(f.Day.Shape), Slots: f.Day.Slots,
		Evidence: evidenceJSON(&f.Day.Evidence), Ports: make([]jsonPort, len(f.Day.Ports)),
	}
	for i, p := range f.Day.Ports {
		j.Ports[i] = jsonPort(p)
	}
	return j
}

func evidenceJSON(e *shape.Evidence) jsonEvidence {
	return jsonEvidence{
		LogDays: e.LogDays, ActiveShare: e.ActiveShare, ActiveHours: e.ActiveHours,
		Runs: e.Runs, RunLength: e.RunLength.Seconds(), RunShare: e.RunCover, Regularity: e.Regularity,
		RunTimes: words.Clocks(e.RunTimes), PatternDays: e.PatternDays, Days: e.Days,
		DayNight: e.DayNight, BusyFrom: words.Clock(e.BusyFrom), QuietFrom: words.Clock(e.QuietFrom), BusyDays: e.BusyDays,
		Sources: e.Sources, Prevalence: e.Prevalence, ChanceSlots: e.ChanceSlots, ChanceAll: e.ChanceAll,
	}
}
