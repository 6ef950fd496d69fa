package simulate

import "net/netip"

// burstTimes are the minutes of the day at which the bursts start, give or take
// burstJitter: 08:12, 11:18 and 14:18.
var burstTimes = [3]int{8*60 + 12, 11*60 + 18, 14*60 + 18}

const (
	burstJitter = 3  // minutes
	burstLeast  = 60 // minutes: one burst touches every slot
	burstMost   = 65
	burstJoin   = 50 * minuteMicros // microseconds in which all infected hosts join the first burst
)

// bursts returns the malware looked for: infected hosts call the burst destinations
// three times a day for about an hour, 25 to 80 times a minute, and are silent
// in between. In the first burst of the log the hosts come in one by one, in
// their order; from then on any of them calls.
func (o *office) bursts() stream {
	var dst []int
	for i, p := range plantedDestinations {
		if p.shape == Bursts {
			dst = append(dst, i)
		}
	}
	joins := o.joins()
	var begin [3]int
	ends := make([][3]int, len(dst))
	return func(now minute) {
		if now.ofDay == 0 {
			for b, t := range burstTimes {
				begin[b] = t + o.between(-burstJitter, burstJitter)
				for i := range dst {
					ends[i][b] = begin[b] + o.between(burstLeast, burstMost)
				}
			}
		}
		for i, planted := range dst {
			for b := range burstTimes {
				if now.ofDay < begin[b] || now.ofDay >= ends[i][b] {
					continue
				}
				since := int64(now.ofDay-begin[b]) * minuteMicros // since the burst began, in microseconds
				if now.day > 0 || b > 0 {
					since = burstJoin * 2 // everyone has joined
				}
				o.burst(planted, i, len(dst), since, joins)
			}
		}
	}
}

// joins gives, for each infected host, its first call in microseconds since the
// first burst began, ascending: at the original's pace.
func (o *office) joins() []int64 {
	first, last := infectedHosts[0].row, infectedHosts[len(infectedHosts)-1].row
	at := make([]int64, len(infectedHosts))
	for k, h := range infectedHosts {
		at[k] = 250_000 + (h.row-first)*burstJoin/(last-first)
	}
	return at
}

// burst adds the calls of one minute to the ith of n burst destinations; since
// is the minute's start, in microseconds since the burst began.
func (o *office) burst(planted, i, n int, since int64, joins []int64) {
	p := plantedDestinations[planted]
	beacon := func(at int, src netip.Addr) {
		o.call(at, call{src: src, dst: p.addr, port: p.port, proto: p.proto, mark: planted + 1})
	}
	calls := max(o.round(float64(o.between(25, int(p.peak)))*o.scale), o.between(3, 5))
	for k := i; k < len(joins); k += n {
		if at := joins[k] - since; at >= 0 && at < minuteMicros {
			beacon(int(at), o.net.infected[k])
			calls--
		}
	}
	for range calls {
		at := max(int64(o.below(minuteMicros)), joins[0]+1-since)
		joined := 0
		for joined < len(joins) && joins[joined] < since+at {
			joined++
		}
		beacon(int(at), o.net.infected[o.below(joined)])
	}
}
