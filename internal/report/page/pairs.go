package page

import (
	"slices"
	"strings"

	"beacon/internal/beacon"
	"beacon/internal/report"
	"beacon/internal/report/picture"
	"beacon/internal/words"
)

// pagePair is one pair of the rhythm rule on the page.
type pagePair struct {
	Source, Destination         string
	SortSource, SortDestination string
	Port                        uint16
	Verdict, Class              string // and the class of its colour
	Rank                        int    // of the verdict
	Calls                       int
	CallsText, Rhythm           string
	Period                      float64 // seconds
	Q, RITA                     string
	Lead                        string   // why, in a line
	Reasons                     []string // and what else speaks for it
	Pictures                    []pagePicture
	Evidence                    []fact
}

// maxPagePairs is the most pairs of the page; the rest is counted.
const maxPagePairs = 1000

var pairHeads = []pageHead{
	{"source", "source", "", ""}, {"destination", "destination", "", ""}, {"port", "port", "num", ""}, {"verdict", "verdict", "", ""},
	{"calls", "calls", "num mid", ""}, {"rhythm", "period", "mid", ""}, {"q", "q", "num wide", ""}, {"RITA", "rita", "num wide", ""},
}

// verdicts are all, the most suspicious first.
var verdicts = []beacon.Verdict{beacon.VerdictBeacon, beacon.VerdictExplained, beacon.VerdictInsufficient, beacon.VerdictNone}

// verdictClasses are the colours of the verdicts: those of shapes as suspicious.
var verdictClasses = map[beacon.Verdict]string{
	beacon.VerdictBeacon: "bursts", beacon.VerdictExplained: "diurnal", beacon.VerdictInsufficient: "sparse", beacon.VerdictWeak: "too-short",
}

// pairs fills in what the rhythm rule found.
func (p *page) pairs(fs *beacon.Findings) {
	if !fs.Query.Rules.Has(beacon.EveryRhythm) {
		return
	}
	p.Rhythm, p.PairHeads = true, pairHeads
	p.PairsText = words.Plural(int64(fs.PairTotals.Pairs), "pair of source, destination and port was", "pairs of source, destination and port were") + " judged"
	all := fs.Of(beacon.ScopeSchedule)
	shown := all[:min(len(all), maxPagePairs)]
	room := pictureRoom(shown)
	for _, verdict := range verdicts {
		n := 0
		for i := range shown {
			if shown[i].Verdict == verdict {
				n++
			}
		}
		if n > 0 {
			p.Verdicts = append(p.Verdicts, pageKind{string(verdict), verdictClasses[verdict], n})
		}
	}
	for i := range shown {
		p.Pairs = append(p.Pairs, newPagePair(shown[i], &fs.Totals, room))
	}
	p.MorePairs = words.AndMore(len(all) - maxPagePairs)
	for _, f := range shown {
		if line := report.GroupWords(f); line != "" {
			p.Groups = append(p.Groups, line)
		}
	}
}

// newPagePair is a pair with pictures of so many bytes each.
func newPagePair(pair *beacon.Finding, t *beacon.Totals, room int) pagePair {
	v := pagePair{
		Source: report.SourceWords(pair), Destination: report.DestinationWords(pair), Port: pair.Port,
		SortSource: sortKey(pair.Sources[0].Addr), SortDestination: sortKey(pair.Destinations[0].Host),
		Verdict: string(pair.Verdict), Class: verdictClasses[pair.Verdict], Rank: slices.Index(verdicts, pair.Verdict),
		Calls: int(pair.Calls), CallsText: words.Thousands(pair.Calls), Rhythm: report.RhythmWords(pair.Schedule), Period: pair.Schedule.Period.Seconds(),
		Q: words.Small(pair.Schedule.Q), RITA: words.Thousandths(pair.Schedule.RITA.Total),
		Reasons: words.PlainAll(beacon.Texts(pair.Reasons)), Evidence: pairFacts(pair),
	}
	if v.Lead = words.Plain(pair.Explanation); v.Lead == "" && len(v.Reasons) > 0 {
		v.Lead, v.Reasons = v.Reasons[0], v.Reasons[1:]
	}
	for _, pic := range picture.Of(pair.Schedule, t) {
		v.Pictures = append(v.Pictures, newPagePicture(&pic, room))
	}
	return v
}

// pairFacts is the numbers of a pair for people.
func pairFacts(p *beacon.Finding) []fact {
	list := []fact{
		{"flows", words.Thousands(int64(p.Flows))},
		{"calls, without retries", words.Thousands(int64(p.Calls))},
		{"first call", words.ToSecond(p.First)},
		{"last call", words.ToSecond(p.Last)},
		{"p-value", words.Small(p.Schedule.P)},
		{"q-value, over all pairs", words.Small(p.Schedule.Q)},
	}
	if p.Schedule.Period > 0 {
		list = append(list,
			fact{"period", words.Period(p.Schedule.Period)},
			fact{"95% interval", words.Period(p.Schedule.PeriodLow) + " to " + words.Period(p.Schedule.PeriodHigh)},
			fact{"jitter", words.Percents(p.Schedule.Jitter, p.Schedule.JitterLow, p.Schedule.JitterHigh)},
			fact{"missed calls", words.Percents(p.Schedule.Miss, p.Schedule.MissLow, p.Schedule.MissHigh)},
			fact{"calls that keep the rhythm", words.Percent(p.Schedule.Regular)})
	}
	if p.Schedule.Needs > 0 {
		list = append(list, fact{"calls that would decide it", words.Plural(int64(p.Schedule.Needs), "more", "more")})
	}
	for _, size := range []struct {
		name  string
		share float64
	}{{"sizes alike", p.Schedule.Size.Total}, {"sizes sent alike", p.Schedule.Size.Sent}, {"sizes received alike", p.Schedule.Size.Received}} {
		if size.share >= 0 {
			list = append(list, fact{size.name, words.Percent(size.share)})
		}
	}
	return append(list,
		fact{"RITA, score", words.Thousandths(p.Schedule.RITA.Total)},
		fact{"RITA, timing", words.Thousandths(p.Schedule.RITA.TS)},
		fact{"RITA, sizes", words.Thousandths(p.Schedule.RITA.DS)},
		fact{"RITA, duration", words.Thousandths(p.Schedule.RITA.Dur)},
		fact{"RITA, histogram", words.Thousandths(p.Schedule.RITA.Hist)})
}

// title says what was found.
func title(fs *beacon.Findings) string {
	var parts []string
	if fs.Query.Rules != beacon.EveryRhythm {
		parts = append(parts, words.Plural(int64(len(fs.Of(beacon.ScopeDestination))), "destination", "destinations")+" called in every slot")
	}
	if fs.Query.Rules.Has(beacon.EveryRhythm) {
		beacons := int64(0)
		for _, f := range fs.Of(beacon.ScopeSchedule) {
			if f.Verdict == beacon.VerdictBeacon {
				beacons++
			}
		}
		parts = append(parts, words.Plural(beacons, "schedule", "schedules"))
	}
	return "beacon: " + strings.Join(parts, ", ")
}
