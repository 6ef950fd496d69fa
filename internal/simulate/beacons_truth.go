package simulate

import (
	"bufio"
	"fmt"
	"io"
	"net/netip"
	"time"
)

// Rhythmic is a pair of a simulated log that keeps time: a planted beacon's, or one
// that keeps time for a benign reason.
type Rhythmic struct {
	Source, Destination netip.Addr
	Name                string // instead of Destination: a name, or *.DOMAIN for names below one domain
	Port                uint16

	Beacon int    // number of the beacon it belongs to, from 1; 0: benign
	Kind   string // BeaconKinds, or the benign reason: ntp, push, update

	Period, Then time.Duration // Then: after the switch at noon; 0: no switch
	Clock        bool          // locked to a clock, not sleeping between calls
	Jitter, Miss float64       // shares of the period and of the calls

	Rows        int   // in the log
	First, Last int64 // first and last row, ns since the Unix epoch, UTC
}

func (r *Rhythmic) saw(t int64) {
	if r.Rows == 0 {
		r.First = t
	}
	r.Rows++
	r.Last = t
}

// WriteRhythmic writes a header and a line for each pair: periods in seconds, times in
// RFC 3339.
func WriteRhythmic(w io.Writer, pairs []Rhythmic) error {
	b := bufio.NewWriter(w)
	fmt.Fprintln(b, "source,destination,port,beacon,kind,period_s,then_s,clock,jitter,miss,rows,first,last")
	at := func(t int64) string { return time.Unix(0, t).UTC().Format(time.RFC3339Nano) }
	for _, r := range pairs {
		destination := r.Name
		if destination == "" {
			destination = r.Destination.String()
		}
		fmt.Fprintf(b, "%s,%s,%d,%d,%s,%g,%g,%t,%g,%g,%d,%s,%s\n",
			r.Source, destination, r.Port, r.Beacon, r.Kind,
			r.Period.Seconds(), r.Then.Seconds(), r.Clock, r.Jitter, r.Miss, r.Rows, at(r.First), at(r.Last))
	}
	if err := b.Flush(); err != nil {
		return fmt.Errorf("writing the truth: %w", err)
	}
	return nil
}
