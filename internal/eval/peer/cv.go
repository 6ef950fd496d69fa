package peer

import (
	"math"

	"beacon/internal/beacon"
)

// CV is the rule of thumb: of ten gaps or more, the standard deviation is less than
// 0.3 of the mean.
var CV = Rule{
	Name: "CV < .3, n>10",
	From: "rule of thumb",
	Judge: func(p beacon.Pair, _ Span) Answer {
		gaps := intervals(p.Times)
		mean, sd := moments(gaps)
		if len(gaps) < 10 || mean <= 0 || sd >= 0.3*mean {
			return Answer{}
		}
		return Answer{Beacon: true, Period: seconds(mean)}
	},
}

// moments gives the mean and the population standard deviation; 0, 0 of nothing.
func moments(x []float64) (mean, sd float64) {
	if len(x) == 0 {
		return 0, 0
	}
	for _, v := range x {
		mean += v
	}
	mean /= float64(len(x))
	for _, v := range x {
		sd += (v - mean) * (v - mean)
	}
	return mean, math.Sqrt(sd / float64(len(x)))
}
