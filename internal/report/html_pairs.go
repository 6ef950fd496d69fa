package report

import (
	"strconv"
	"strings"

	"beacon/internal/beacon"
)

// pagePair is one pair of the rhythm rule on the page.
type pagePair struct {
	Source, Destination string
	Port                uint16
	Verdict, Class      string
	Calls, Rhythm       string
	Q, RITA             string
	Reasons             []string
}

// maxPagePairs is the most pairs of the page; the rest is counted.
const maxPagePairs = 1000

// pairs fills in what the rhythm rule found.
func (p *page) pairs(fs *beacon.Findings) {
	if !fs.Query.Rules.Has(beacon.EveryRhythm) {
		return
	}
	p.Rhythm = true
	p.PairsText = plural(int64(fs.Census.Pairs), "pair of source, destination and port was", "pairs of source, destination and port were") + " judged"
	for i := range fs.Pairs[:min(len(fs.Pairs), maxPagePairs)] {
		pair := &fs.Pairs[i]
		v := pagePair{
			Source: pair.Source.String(), Destination: pair.Destination.String(), Port: pair.Port,
			Verdict: string(pair.Verdict), Class: "sparse",
			Calls: thousands(int64(pair.Calls)), Rhythm: rhythmWords(pair),
			Q: strconv.FormatFloat(pair.Q, 'g', 2, 64), RITA: strconv.FormatFloat(pair.RITA.Score, 'f', 3, 64),
			Reasons: plainAll(pair.Reasons),
		}
		switch pair.Verdict {
		case beacon.VerdictBeacon:
			v.Class = "bursts"
		case beacon.VerdictExplained:
			v.Class = "diurnal"
			v.Verdict += ": " + plain(pair.Explanation)
		}
		p.Pairs = append(p.Pairs, v)
	}
	p.MorePairs = and(len(fs.Pairs) - maxPagePairs)
	for i := range fs.Groups {
		g := &fs.Groups[i]
		p.Groups = append(p.Groups, periodWords(g.Period)+": "+strings.Join(texts(g.Sources), ", ")+" to "+strings.Join(texts(g.Destinations), ", "))
	}
}

// title says what was found.
func title(fs *beacon.Findings) string {
	var words []string
	if fs.Query.Rules != beacon.EveryRhythm {
		words = append(words, plural(int64(len(fs.List)), "destination", "destinations")+" called in every slot")
	}
	if fs.Query.Rules.Has(beacon.EveryRhythm) {
		beacons := int64(0)
		for i := range fs.Pairs {
			if fs.Pairs[i].Verdict == beacon.VerdictBeacon {
				beacons++
			}
		}
		words = append(words, plural(beacons, "pair keeps time", "pairs keep time"))
	}
	return "beacon: " + strings.Join(words, ", ")
}
