package simulate

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"time"

	"beacon/internal/sorting"
	"beacon/internal/stats"
)

// A World is what lies between the programs and the log: the network, the exporter and
// its clock, the habits of the machine. It changes the rows of a whole log.
type World struct {
	Name  string // short, for flags
	About string // one line, for tables

	Resolution time.Duration      // times are rounded down to it; 0: they are exact
	change     func(w *worldRows) // nil: rows stay as they are
}

// worldRows is a log that a world changes.
type worldRows struct {
	r     *rand.Rand
	start time.Time
	end   float64 // s
	rows  []Row
}

// Worlds returns all worlds, the one that changes nothing first.
func Worlds() []World { return slices.Clone(worlds) }

// FindWorld returns the world with a name; ok is false if there is none.
func FindWorld(name string) (w World, ok bool) {
	i := slices.IndexFunc(worlds, func(w World) bool { return w.Name == name })
	if i < 0 {
		return w, false
	}
	return worlds[i], true
}

// Apply changes the rows of a log that begins at start and lasts so many seconds, and
// sorts them by time. Rows past the log's end are left out.
func (w World) Apply(r *rand.Rand, start time.Time, seconds float64, rows []Row) []Row {
	log := &worldRows{r, start, seconds, rows}
	if w.change != nil {
		w.change(log)
	}
	if w.Resolution > 0 {
		for i := range log.rows {
			log.rows[i].Time -= log.rows[i].Time % int64(w.Resolution)
		}
	}
	sorting.Stable(log.rows, func(a, b Row) int { return cmp.Compare(a.Time, b.Time) })
	return log.rows
}

// each calls visit for every row with its time, s after the beginning, and puts the row
// at the time that it returns. Rows for which keep is false, or past the end, are left out.
func (w *worldRows) each(visit func(row *Row, at float64) (now float64, keep bool)) {
	begin := w.start.UnixNano()
	kept := w.rows[:0]
	for _, row := range w.rows {
		now, keep := visit(&row, float64(row.Time-begin)/1e9)
		if keep && now >= 0 && now < w.end {
			row.Time = begin + int64(now*1e6)*1000
			kept = append(kept, row)
		}
	}
	w.rows = kept
}

// worlds are what real logs went through.
//
// Sources: Cisco's exporters without millisecond times; VPC flow logs aggregate over 1
// or 10 min; DHCP leases of 8 h on Windows servers, 12 h and 24 h on home routers; quartz
// clocks drift by 20 to 100 millionths, virtual machines by more.
var worlds = []World{
	{Name: "clear", About: "nothing in between"},
	coarse(time.Second), coarse(10 * time.Second), coarse(15 * time.Second), coarse(30 * time.Second), coarse(time.Minute), coarse(5 * time.Minute),
	lossy(5), lossy(20), lossy(50),
	{Name: "skew", About: "the exporter's clock is slow by 0.1% and set right every hour", change: func(w *worldRows) {
		const slow = 0.001
		w.each(func(_ *Row, at float64) (float64, bool) {
			since := at - hour*float64(int(at/hour))
			return at - slow*since, true
		})
	}},
	{Name: "dhcp", About: "hosts get another address every 4 to 12 h", change: (*worldRows).dhcp},
	{Name: "laptop", About: "a laptop at work: suspended, other addresses, 5% of the records lost", change: func(w *worldRows) {
		w.suspend()
		w.office()
		w.dhcp()
		w.lose(5)
	}},
	{Name: "nat", About: "all hosts stand behind one address", change: func(w *worldRows) {
		if len(w.rows) == 0 {
			return
		}
		first := w.rows[0].Src
		w.each(func(row *Row, at float64) (float64, bool) { row.Src = first; return at, true })
	}},
	{Name: "office", About: "machines are on from 9 to 17 h on weekdays", change: (*worldRows).office},
	{Name: "suspend", About: "machines are suspended for an hour or so, a few times a day: timers stop meanwhile", change: (*worldRows).suspend},
}

func coarse(unit time.Duration) World {
	return World{Name: "clock-" + shortDuration(unit), About: fmt.Sprintf("times in steps of %s", shortDuration(unit)), Resolution: unit}
}

// shortDuration returns a duration of whole minutes or seconds: 5m, 30s.
func shortDuration(d time.Duration) string {
	if d%time.Minute == 0 {
		return fmt.Sprintf("%dm", d/time.Minute)
	}
	return fmt.Sprintf("%ds", d/time.Second)
}

func lossy(percent int) World {
	return World{Name: fmt.Sprintf("loss-%d", percent), About: fmt.Sprintf("%d%% of the records are lost", percent), change: func(w *worldRows) {
		w.lose(percent)
	}}
}

// lose drops a share of the rows.
func (w *worldRows) lose(percent int) {
	w.each(func(_ *Row, at float64) (float64, bool) { return at, w.r.IntN(100) >= percent })
}

// dhcp gives every host another address each time that its lease ends.
func (w *worldRows) dhcp() {
	leases := map[netip.Addr][]lease{}
	w.each(func(row *Row, at float64) (float64, bool) {
		list := leases[row.Src]
		if list == nil {
			list = w.leases(row.Src)
			leases[row.Src] = list
		}
		for _, l := range list {
			if at >= l.from {
				row.Src = l.addr
			}
		}
		return at, true
	})
}

// office keeps the rows of working hours.
func (w *worldRows) office() {
	w.each(func(_ *Row, at float64) (float64, bool) { return at, atWork(w.start.UTC().Add(seconds(at))) })
}

// suspend stops the timers of every machine during its pauses: what comes after a pause
// comes that much later.
func (w *worldRows) suspend() {
	pauses := map[netip.Addr][]pause{}
	w.each(func(row *Row, at float64) (float64, bool) {
		list, ok := pauses[row.Src]
		if !ok {
			list = w.pauses()
			pauses[row.Src] = list
		}
		now := at
		for _, p := range list {
			if at >= p.at {
				now += p.lasts
			}
		}
		return now, true
	})
}

// A lease is an address that a host has from a time on.
type lease struct {
	from float64
	addr netip.Addr
}

// leases draws the addresses of a host: of its own /24, of those above 100.
func (w *worldRows) leases(host netip.Addr) []lease {
	list := []lease{{0, host}}
	b := host.As4()
	for at := 0.0; at < w.end; {
		at += (4 + 8*w.r.Float64()) * hour
		b[3] = byte(100 + w.r.IntN(150))
		list = append(list, lease{at, netip.AddrFrom4(b)})
	}
	return list
}

// A pause is a time at which a machine's timers stop, and for how long, s.
type pause struct{ at, lasts float64 }

func (w *worldRows) pauses() []pause {
	list := []pause{}
	for _, at := range stats.Until(stats.Poisson(w.r, 4/day), w.end) {
		list = append(list, pause{at, hour * w.r.ExpFloat64()})
	}
	return list
}

// atWork tells whether a time is from 9 to 17 h UTC on a weekday.
func atWork(t time.Time) bool {
	return t.Hour() >= 9 && t.Hour() < 17 && t.Weekday() != time.Saturday && t.Weekday() != time.Sunday
}
