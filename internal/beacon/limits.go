package beacon

import "time"

// limits are the thresholds of the decision over all candidates, of the explanations and
// of rotations. TestEveryLimitIsNoticed moves each by a quarter both ways. Periods and
// lengths are in seconds.
var limits = struct {
	HopefulP float64 // p-value below which more calls may decide; at the usual level of a single test one of ten random pairs passes

	EvenCalls   float64 // calls that evenness alone must rest on: fewer than about 60 random calls are as even once in the pairs of a day's log
	WebPeriod   float64 // from this period on, ordinary programs poll web ports at a round period: 15 min is what push and settings services of desktops use
	WebRound    float64 // share of itself by which such a period may miss the round one
	WebCalls    float64 // calls that such a rhythm must rest on: a day of hourly calls
	WebLasts    float64 // half of them do where they last so long, most of a working week...
	WebMiss     float64 // ...and no more than this share is missing
	SparseMiss  float64 // a rhythm that misses more of its calls, at a period that nobody types...
	SparseCalls float64 // ...must rest on so many: ACSAC 2023's signals keep their period down to 7 of 144 calls, but only at the round 600 s

	PrevalentHosts float64 // sources of a destination that everybody calls: a dozen infected hosts would be noticed otherwise...
	PrevalentShare float64 // ...and their share of all sources
	Peers          float64 // other rhythms, each on a port of its own, of a peer-to-peer host
	PushQuarter    float64 // keep-alive of push services over fixed networks
	PushLong       float64 // and over mobile ones: below the usual 30 min of NAT timeouts
	PushJitter     float64 // a keep-alive is a plain timer
	PushMargin     float64 // share by which a keep-alive's period may differ
	List           float64 // unrelated servers of one pace are a list, as malware has one: TrickBot and Emotet ship 15 to 40

	SamePeriod float64 // share by which the periods of one schedule may differ: estimates of one wide sleep differ by some percent
}{
	HopefulP:  0.1,
	EvenCalls: 60, WebPeriod: 900, WebRound: 0.01, WebCalls: 24, WebLasts: 4 * 86400, WebMiss: 0.3, SparseMiss: 0.5, SparseCalls: 24,
	PrevalentHosts: 12, PrevalentShare: 0.5, Peers: 6,
	PushQuarter: 900, PushLong: 1680, PushJitter: 0.03, PushMargin: 0.01, List: 5,
	SamePeriod: 0.1,
}

// What is a rotation, for who judges one (see combine) and for the decision about it.
const (
	RotationCalls = 24   // calls that it must rest on: a day of hourly calls
	RotationMiss  = 0.25 // least share of its calls that a pair misses where others take turns: of two servers by lot each misses half
)

// ephemeral is the first port that a program may listen on without privileges.
const ephemeral = 1024

// seconds returns a threshold of limits as a length of time.
func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }
