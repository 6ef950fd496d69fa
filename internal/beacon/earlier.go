package beacon

import (
	"time"

	"beacon/internal/netset"
)

// Earlier is a finding of an earlier run, as far as an output keeps it.
type Earlier struct {
	Scope        Scope
	Rank         int
	Verdict      Verdict
	Destinations []netset.Host
	Aliases      []netset.Host // names of the addresses and addresses of the names
	Sources      []netset.Host
	Port         uint16        // 0 where it is unknown or varies
	Period       time.Duration // 0 of a destination of the every-minute rule
	FirstSeen    int64         // start of its first flow in any run, ns since the Unix epoch
}
