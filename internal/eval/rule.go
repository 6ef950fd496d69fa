package eval

import (
	"beacon/internal/beacon"
	"beacon/internal/eval/peer"
	"beacon/internal/rhythm"
)

// Ours is the product's own judge, each pair judged as if it were the only one tried.
var Ours = peer.Rule{
	Name: "beacon",
	From: "internal/beacon",
	Judge: func(p beacon.Pair, log peer.Span) peer.Answer {
		r := ours(p, log)
		return peer.Answer{Beacon: r.Verdict == beacon.VerdictBeacon, Period: r.Period}
	},
}

func ours(p beacon.Pair, log peer.Span) beacon.Candidate {
	one := []beacon.Candidate{beacon.JudgePair(p, rhythm.Options{}, log.First, log.Last)}
	beacon.Decide(one, beacon.Decision{}, countPairs(one))
	return one[0]
}
