package report

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"beacon/internal/beacon"
	"beacon/internal/netset"
	"beacon/internal/rhythm"
)

// A rotation says what it was judged to be, and why it is explained.
func TestRotationsSayTheirVerdict(t *testing.T) {
	source, one, other := netset.MustHost("10.0.0.5"), netset.MustHost("192.0.2.1"), netset.MustHost("192.0.2.2")
	f := &beacon.Finding{Verdict: beacon.VerdictBeacon, Sources: []beacon.Source{{Addr: source}}, Destinations: []beacon.Destination{{Host: one}},
		Schedule: &beacon.Schedule{Result: rhythm.Result{Period: time.Minute}}}
	assert.Empty(t, GroupWords(f))
	f.Destinations = append(f.Destinations, beacon.Destination{Host: other})
	assert.Equal(t, "beacon: one schedule of 60 s from 10.0.0.5 to 192.0.2.1 192.0.2.2", GroupWords(f))
	f.Verdict, f.Explanation = beacon.VerdictExplained, "NTP\x1b[2J"
	assert.Regexp(t, "^explained by NTP[^\x1b]*: one schedule", GroupWords(f))
}
