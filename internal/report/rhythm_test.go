package report

import (
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"beacon/internal/beacon"
)

// A rotation says what it was judged to be, and why it is explained.
func TestRotationsSayTheirVerdict(t *testing.T) {
	source, one, other := netip.MustParseAddr("10.0.0.5"), netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("192.0.2.2")
	rotation := beacon.DestinationRhythm{Kind: beacon.GroupRotating, Destinations: []netip.Addr{one, other}, Sources: []netip.Addr{source}, Period: time.Minute}
	assert.Equal(t, "one rhythm of 60 s from 10.0.0.5 to 2 destinations in turn: 192.0.2.1 192.0.2.2", GroupWords(&rotation))
	rotation.Together = &beacon.Candidate{Verdict: beacon.VerdictBeacon}
	assert.Equal(t, "beacon: one rhythm of 60 s from 10.0.0.5 to 2 destinations in turn: 192.0.2.1 192.0.2.2", GroupWords(&rotation))
	rotation.Together.Verdict, rotation.Together.Explanation = beacon.VerdictExplained, "NTP\x1b[2J"
	assert.Regexp(t, "^explained by NTP[^\x1b]*: one rhythm", GroupWords(&rotation))
}
