package peer

import (
	"math"
	"slices"
	"sort"
	"time"

	"beacon/internal/beacon"
)

// Elastic is Elastic's network beaconing transform: every hour it looks at the last
// six hours in 360 buckets of a minute, and takes a pair for a beacon when the bytes
// a bucket or the flows a bucket hardly vary, or when the flows' autocovariance is
// high. Any run that says so counts.
var Elastic = Rule{
	Name: "Elastic, any",
	From: "elastic/integrations, packages/beaconing, pivot_transform 1.3.3",
	Judge: func(p beacon.Pair, log Span) Answer {
		return elastic(p, log, func(s elasticStats) bool { return s.evenBytes || s.evenCounts || s.periodic })
	},
}

// ElasticCounts is the part of Elastic that needs flow times alone and no period
// longer than two buckets: the variation of the count.
var ElasticCounts = Rule{
	Name: "Elastic, count variation",
	From: Elastic.From,
	Judge: func(p beacon.Pair, log Span) Answer {
		return elastic(p, log, func(s elasticStats) bool { return s.evenCounts })
	},
}

// The transform's settings.
const (
	elasticBucket     = int64(time.Minute)
	elasticBuckets    = 360
	elasticRun        = int64(time.Hour)
	elasticPeriods    = 6    // min_number_periods
	elasticNotEmpty   = 0.5  // min_not_empty
	elasticBytesCOV   = 0.05 // max_beaconing_bytes_cov
	elasticCountsRV   = 0.1  // max_beaconing_count_rv
	elasticCovariance = 0.7  // min_beaconing_count_autocovariance
)

type elasticStats struct {
	evenBytes, evenCounts, periodic bool
	period                          int // buckets
}

// elastic runs the transform at every hour after the log's first flow.
func elastic(p beacon.Pair, log Span, fires func(elasticStats) bool) Answer {
	var answer Answer
	for now := log.First + elasticRun; !answer.Beacon; now += elasticRun {
		from := sort.Search(len(p.Times), func(i int) bool { return p.Times[i] > now-elasticBuckets*elasticBucket })
		to := sort.Search(len(p.Times), func(i int) bool { return p.Times[i] > now })
		if to-from > elasticPeriods {
			if s := elasticRunStats(p, from, to, now); fires(s) {
				answer.Beacon = true
				if s.periodic && !s.evenCounts {
					answer.Period = time.Duration(int64(s.period) * elasticBucket)
				}
			}
		}
		if now >= log.Last || to == len(p.Times) && from == to {
			break
		}
	}
	return answer
}

// elasticRunStats looks at the flows from to to, which lie in the six hours before now.
func elasticRunStats(p beacon.Pair, from, to int, now int64) elasticStats {
	flows, bytes := make([]float64, elasticBuckets), make([]float64, elasticBuckets)
	for i := from; i < to; i++ {
		b := (now - p.Times[i]) / elasticBucket
		flows[b]++
		if p.Bytes != nil {
			bytes[b] += float64(p.Bytes[i])
		}
	}
	first, last := -1, -1
	active := 0
	for i, n := range flows {
		if n > 0 {
			if first < 0 {
				first = i
			}
			last = i
			active++
			bytes[i] /= n
		}
	}
	flows, bytes = flows[first:last+1], bytes[first:last+1]
	if len(flows) < 2*elasticPeriods || active < elasticPeriods+1 {
		return elasticStats{}
	}
	var s elasticStats
	if nonZero(bytes) > elasticPeriods {
		s.evenBytes = variation(bytes) <= elasticBytesCOV
	}
	if active > int(elasticNotEmpty*float64(len(flows))) {
		s.evenCounts = variation(flows) <= elasticCountsRV
	}
	best, period := bestCovariance(flows)
	s.periodic, s.period = best >= elasticCovariance, period
	return s
}

func nonZero(x []float64) (n int) {
	for _, v := range x {
		if v != 0 {
			n++
		}
	}
	return n
}

// variation returns the coefficient of variation of x's non-zero values between their 10%
// and 80% points.
func variation(x []float64) float64 {
	var sorted []float64
	for _, v := range x {
		if v != 0 {
			sorted = append(sorted, v)
		}
	}
	slices.Sort(sorted)
	at := func(share float64) float64 {
		return sorted[min(int(share*float64(len(sorted))+0.5), len(sorted)-1)]
	}
	low, high := at(0.1), at(0.8)
	var kept []float64
	for _, v := range sorted {
		if v >= low && v <= high {
			kept = append(kept, v)
		}
	}
	mean, sd := moments(kept)
	return sd / math.Abs(mean)
}

// bestCovariance gives the largest correlation of x with itself a period later, over
// periods of 2 buckets to a sixth of x, each averaged with that of its threefold,
// fourfold and further multiples; and that period.
func bestCovariance(x []float64) (best float64, period int) {
	longest := len(x) / elasticPeriods
	score, terms := make([]float64, longest+1), make([]float64, longest+1)
	for lag := 2; lag <= longest; lag++ {
		c := correlation(x, lag)
		for divisor := 2; divisor <= lag; divisor++ {
			if lag%divisor == 0 && (divisor == lag || divisor < lag/2) {
				terms[divisor]++
				score[divisor] += (c - score[divisor]) / terms[divisor]
			}
		}
	}
	best, period = math.Inf(-1), 0
	for lag := 2; lag <= longest; lag++ {
		if score[lag] > best {
			best, period = score[lag], lag
		}
	}
	return best, period
}

// correlation is that of each whole period of x with the one before it; 1 where
// either doesn't vary at all.
func correlation(x []float64, lag int) float64 {
	blocks := (len(x) - 2*lag + 1) / lag
	mean, _ := moments(x[min(lag, max(blocks, 1)*lag) : max(blocks, 1)*lag])
	var xx, yy, xy float64
	for i := 0; i <= len(x)-2*lag; i += lag {
		for j := i + lag; j < i+2*lag; j++ {
			a, b := x[j]-mean, x[j-lag]-mean
			xx, yy, xy = xx+a*a, yy+b*b, xy+a*b
		}
	}
	if z := math.Sqrt(xx * yy); z > 0 {
		return xy / z
	}
	return 1
}
