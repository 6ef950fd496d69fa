package report

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"beacon/internal/beacon"
)

// jsonPair is a pair of the rhythm rule as machines read it; see the package
// comment.
type jsonPair struct {
	Schema      int          `json:"schema"`
	Scope       string       `json:"scope"`
	Source      string       `json:"source"`
	Destination string       `json:"destination"`
	Port        uint16       `json:"port"`
	Protocol    uint8        `json:"protocol"`
	Verdict     string       `json:"verdict"`
	Explanation string       `json:"explanation"`
	Rhythm      string       `json:"rhythm"`
	Flows       int          `json:"flows"`
	Calls       int          `json:"calls"`
	First       string       `json:"first"`
	Last        string       `json:"last"`
	Period      float64      `json:"period_s"`
	PeriodRange [2]float64   `json:"period_range_s"`
	Jitter      float64      `json:"jitter"`
	JitterRange [2]float64   `json:"jitter_range"`
	Miss        float64      `json:"miss"`
	MissRange   [2]float64   `json:"miss_range"`
	Changes     []jsonChange `json:"changes"`
	P           float64      `json:"p"`
	Q           float64      `json:"q"`
	Needs       int          `json:"needs_calls"`
	Size        jsonSize     `json:"size_regularity"`
	RITA        jsonRITA     `json:"rita"`
	Reasons     []string     `json:"reasons"`
	Test        string       `json:"test"`
	Clock       bool         `json:"clock"`
}

type jsonChange struct {
	At     string  `json:"at"`
	Before float64 `json:"before_s"`
	After  float64 `json:"after_s"`
}

type jsonSize struct {
	Total    *float64 `json:"total"`
	Sent     *float64 `json:"sent"`
	Received *float64 `json:"received"`
}

type jsonRITA struct {
	Score float64 `json:"score"`
	TS    float64 `json:"ts"`
	DS    float64 `json:"ds"`
	Dur   float64 `json:"dur"`
	Hist  float64 `json:"hist"`
}

// jsonGroup is a rhythm that several pairs share.
type jsonGroup struct {
	Schema       int      `json:"schema"`
	Scope        string   `json:"scope"`
	Destination  string   `json:"destination"`
	Group        string   `json:"group"`
	Port         uint16   `json:"port"`
	Period       float64  `json:"period_s"`
	Destinations []string `json:"destinations"`
	Sources      []string `json:"sources"`

	Together *jsonPair `json:"together,omitempty"`
}

func pairJSON(p *beacon.PairRhythm) jsonPair {
	j := jsonPair{
		Schema: SchemaVersion, Scope: scopePair,
		Source: p.Source.String(), Destination: p.Destination.String(), Port: p.Port, Protocol: p.Proto,
		Verdict: string(p.Verdict), Explanation: p.Explanation, Rhythm: rhythmWords(p), Flows: p.Flows, Calls: p.Calls,
		First: utc(p.First), Last: utc(p.Last),
		Period: p.Period.Seconds(), PeriodRange: [2]float64{p.PeriodLow.Seconds(), p.PeriodHigh.Seconds()},
		Jitter: p.Jitter, JitterRange: [2]float64{p.JitterLow, p.JitterHigh},
		Miss: p.Miss, MissRange: [2]float64{p.MissLow, p.MissHigh},
		Changes: make([]jsonChange, len(p.Changes)), P: p.P, Q: p.Q, Needs: p.Needs,
		Size:    jsonSize{known(p.Size.Total), known(p.Size.Sent), known(p.Size.Received)},
		RITA:    jsonRITA{p.RITA.Score, p.RITA.TS, p.RITA.DS, p.RITA.Dur, p.RITA.Hist},
		Reasons: append([]string{}, p.Reasons...), Test: p.Test, Clock: p.Clock,
	}
	for i, c := range p.Changes {
		j.Changes[i] = jsonChange{utc(c.At), c.Before.Seconds(), c.After.Seconds()}
	}
	return j
}

// known is a share, nil where the log doesn't say.
func known(share float64) *float64 {
	if share < 0 {
		return nil
	}
	return &share
}

func groupJSON(g *beacon.DestinationRhythm) jsonGroup {
	j := jsonGroup{Schema: SchemaVersion, Scope: scopeDestination, Destination: g.Destinations[0].String(), Group: g.Kind, Port: g.Port,
		Period: g.Period.Seconds(), Destinations: texts(g.Destinations), Sources: texts(g.Sources)}
	if g.Together != nil {
		together := pairJSON(g.Together)
		j.Together = &together
	}
	return j
}

func texts(addrs []netip.Addr) []string {
	all := make([]string, len(addrs))
	for i, a := range addrs {
		all[i] = a.String()
	}
	return all
}

// rhythmWords is a rhythm as an analyst says it: sleeps 60 s, jitter 20%,
// misses 4%.
func rhythmWords(p *beacon.PairRhythm) string {
	if p.Period <= 0 {
		return ""
	}
	verb := "sleeps "
	if p.Clock {
		verb = "on the clock every "
	}
	words := verb + periodWords(p.Period) + ", jitter " + wholePercent(p.Jitter) + ", misses " + wholePercent(p.Miss)
	for _, c := range p.Changes {
		words += fmt.Sprintf(", from %s to %s at %s", periodWords(c.Before), periodWords(c.After), minute(c.At))
	}
	return words
}

// pairName is a pair as its calls go: 10.0.0.1 > 203.0.113.7:443.
func pairName(p *beacon.PairRhythm) string {
	return p.Source.String() + " > " + netip.AddrPortFrom(p.Destination, p.Port).String()
}

func wholePercent(share float64) string { return strconv.Itoa(int(share*100+0.5)) + "%" }

// periodWords is a period to three digits, in the unit that suits it.
func periodWords(d time.Duration) string {
	switch s := d.Seconds(); {
	case s < 120:
		return strconv.FormatFloat(s, 'g', 3, 64) + " s"
	case s < 7200:
		return strconv.FormatFloat(s/60, 'g', 3, 64) + " min"
	default:
		return strconv.FormatFloat(s/3600, 'g', 3, 64) + " h"
	}
}

// pairs writes the table of the rhythm rule: what keeps time, then what would
// be explained or needs more calls, counted.
func (t *table) pairs() {
	fs := t.fs
	counts := map[beacon.Verdict]int64{}
	rows := [][]string{{"source", "destination", "port", "verdict", "calls", "rhythm", "q"}}
	var why []string
	for i := range fs.Pairs {
		p := &fs.Pairs[i]
		counts[p.Verdict]++
		if len(rows) > maxTableRows || p.Verdict != beacon.VerdictBeacon && p.Verdict != beacon.VerdictExplained {
			continue
		}
		rows = append(rows, []string{p.Source.String(), p.Destination.String(), strconv.Itoa(int(p.Port)), string(p.Verdict), thousands(int64(p.Calls)), rhythmWords(p),
			small(p.Q)})
		why = append(why, strings.Join(p.Reasons, "; "))
	}
	if len(rows) == 1 {
		t.line("", "no pair keeps time")
	} else {
		t.rows(rows, why)
	}
	t.groups()
	t.note(fmt.Sprintf("%s tried: %s, %s explained, %s with too few calls to say", plural(int64(fs.Census.Pairs), "pair", "pairs"),
		plural(counts[beacon.VerdictBeacon], "beacon", "beacons"), thousands(counts[beacon.VerdictExplained]), thousands(counts[beacon.VerdictInsufficient])))
	t.long()
}

// groups notes the rhythms that pairs share, and rotations with their verdicts.
func (t *table) groups() {
	for i := range t.fs.Groups {
		t.note(groupWords(&t.fs.Groups[i]))
	}
}

// groupWords is a rhythm that pairs share, or a rotation, in a line.
func groupWords(g *beacon.DestinationRhythm) string {
	if g.Kind == beacon.GroupHosts {
		return fmt.Sprintf("one rhythm of %s from %s to %s: %s", periodWords(g.Period), plural(int64(len(g.Sources)), "host", "hosts"), g.Destinations[0], strings.Join(texts(g.Sources), " "))
	}
	words := fmt.Sprintf("one rhythm of %s from %s to %s in turn: %s", periodWords(g.Period), g.Sources[0], plural(int64(len(g.Destinations)), "destination", "destinations"), strings.Join(texts(g.Destinations), " "))
	switch {
	case g.Together == nil:
		return words
	case g.Together.Explanation != "":
		return "explained by " + plain(g.Together.Explanation) + ": " + words
	}
	return string(g.Together.Verdict) + ": " + words
}

// long lists the longest outbound flows: one call each, in which no rhythm can
// show.
func (t *table) long() {
	if len(t.fs.Long) == 0 {
		return
	}
	rows := [][]string{{"longest flows", "", "port", "began", "lasted"}}
	for _, l := range t.fs.Long {
		rows = append(rows, []string{l.Source.String(), l.Destination.String(), strconv.Itoa(int(l.Port)), minute(l.First), l.Duration.Round(time.Minute).String()})
	}
	t.rows(rows, nil)
}

// rows writes rows with their cells below each other, the first as a head, each
// with a faint line after it where why has one.
func (t *table) rows(rows [][]string, why []string) {
	widths := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, cell := range row {
			widths[i] = max(widths[i], len(cell))
		}
	}
	for k, row := range rows {
		line := ""
		for i, cell := range row {
			line += fmt.Sprintf("%-*s  ", widths[i], cell)
		}
		style := ""
		if k == 0 {
			style = faint
		}
		t.line(style, strings.TrimRight(line, " "))
		if k > 0 && k <= len(why) && why[k-1] != "" {
			t.line(faint, "  "+why[k-1])
		}
	}
}
