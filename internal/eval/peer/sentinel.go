package peer

import (
	"time"

	"beacon/internal/beacon"
)

// Sentinel is Microsoft Sentinel's scheduled query: of the gaps longer than 25 s that
// begin within one hour of the clock, more than 30, of which more than 25 and more
// than 80% are the same number of seconds.
//
// Note: the query sorts by source and time, not by destination, so that its gaps run
// across all the destinations of a source. Taken literally it finds only sources that
// do nothing but call home; here the gaps are the pair's own, as its text intends.
var Sentinel = Rule{
	Name: "Sentinel",
	From: "Azure/Azure-Sentinel, PaloAlto-NetworkBeaconing",
	Judge: func(p beacon.Pair, _ Span) Answer {
		const shortest, minGaps, minSame, minPercent = 25, 30, 25, 80
		hours := map[int64]map[int]int{}
		for i, g := range wholeSeconds(p.Times) {
			if g <= shortest {
				continue
			}
			hour := p.Times[i] / int64(time.Hour)
			if hours[hour] == nil {
				hours[hour] = map[int]int{}
			}
			hours[hour][g]++
		}
		var answer Answer
		first := int64(-1)
		for hour, count := range hours {
			total := 0
			for _, n := range count {
				total += n
			}
			mode := commonest(count)
			same := count[mode]
			if total > minGaps && same > minSame && same*100 > total*minPercent && (first < 0 || hour < first) {
				answer, first = Answer{Beacon: true, Period: seconds(float64(mode))}, hour
			}
		}
		return answer
	},
}
