package record

import (
	"bytes"
	"fmt"
	"time"

	"beacon/internal/flowlog"
	"beacon/internal/flowlog/clocks"
	"beacon/internal/flowlog/cut"
	"beacon/internal/flowlog/join"
	"beacon/internal/flowlog/wrap"
)

// Device is one kind of log of messages.
type Device struct {
	Name, Doc, Example string
	Needs, Gives       string // as in flowlog.Format

	// Mine says whether a line is a message of the device's that is about a
	// connection. It is asked about any line of any text.
	Mine func(line []byte) bool

	// Read takes a message apart into v. The reason is "" for a connection,
	// NotFlow for another message, or why it can't be read.
	Read func(m *Message, v *Values) (reason string)

	// Prefer is which of two messages about one connection is the flow.
	Prefer Phase

	// Names says that the messages are of requests or queries, not of connections.
	Names bool

	// Last says that any other device whose messages a log has knows it better.
	Last bool

	Joined bool // a connection takes two messages, which are joined
	UTC    bool // times without a zone are UTC, whatever --tz says
}

// Phase tells what a message says about its connection. Of the messages about one
// connection, the device's preferred one counts.
type Phase uint8

const (
	Single  Phase = iota // the only message about it
	Ended                // it has ended, and this is the sum
	Begun                // it begins
	Interim              // it goes on
	Half                 // of a pair of records, one a direction
	Passed               // a packet of it, about which there may be such messages
	Request              // of several on the connection, about which there are other messages too
)

// Message is a line of a log.
type Message struct {
	Line []byte
	s    *wrap.Stamper
}

// Why a message is passed over or can't be read.
const (
	NotFlow    = "a message of another kind"
	NoAddress  = "no address"
	badAddress = "unreadable address"
	BadTime    = "unreadable time"
	noTime     = "no time"
	TooShort   = "the message is cut off"
)

// When formats are asked: devices after formats with magic words and names of columns,
// and before those that take any text; last the devices that any other knows better.
const (
	Rank     = 6
	lastRank = 8
)

var devices []*Device

// Register makes a device one of the formats of flow logs.
func Register(d *Device) {
	devices = append(devices, d)
	rank := Rank
	if d.Last {
		rank = lastRank
	}
	flowlog.Register(&flowlog.Format{
		Name: d.Name, Doc: d.Doc, Example: d.Example, Needs: d.Needs, Gives: d.Gives, Rank: rank,
		Sniff: func(head flowlog.Head) bool { return d.owns(head) },
		Open:  d.open,
		Names: d.onlyNames,
	})
}

// owns says whether the beginning of a log has messages of the device's, and no
// more of another's: a syslog server's file holds those of many.
func (d *Device) owns(head flowlog.Head) bool {
	mine := d.count(head)
	if mine == 0 {
		return false
	}
	for _, other := range devices {
		if other == d || other.Last {
			continue
		}
		if n := other.count(head); n > mine || n > 0 && d.Last || n == mine && other.Name < d.Name {
			return false
		}
	}
	return true
}

// onlyNames says whether the messages of a log are of requests, not of connections.
func (d *Device) onlyNames(head flowlog.Head) bool {
	if d.Names {
		return true
	}
	r := &Reading{Device: d, stamper: wrap.Stamper{Zone: time.UTC}}
	c := r.census(head)
	requests := c[Request]
	c[Request] = 0
	return requests > 0 && c == [Request + 1]int{}
}

// count returns how many of the first lines are messages of the device's.
func (d *Device) count(head flowlog.Head) (n int) {
	for line := range cut.FirstLines(head) {
		if d.Mine(line) {
			n++
		}
	}
	return n
}

var byteOrderMark = []byte("\xef\xbb\xbf")

// Reading holds what the parts of one reading of a device's log share.
type Reading struct {
	*Device
	stamper wrap.Stamper
	clock   *clocks.Clock // of times that stamper doesn't know; nil for none
	lacks   bool          // the beginning has no message of the preferred phase
	beside  bool          // requests are of connections that other messages or another log tell of
}

func (d *Device) open(in *flowlog.Input, opt *flowlog.Options) (flowlog.Reader, error) {
	r, err := d.begin(in, opt)
	if err != nil {
		return nil, err
	}
	if d.Joined {
		j := join.New()
		return cut.ReadSerially(in, MarkLength(in.Head), 0, flowlog.WholeLines, func(w *flowlog.Worker, text []byte) error { return r.parse(w, text, j) }, j.End)
	}
	return flowlog.ReadText(in, MarkLength(in.Head), 0, func(w *flowlog.Worker, text []byte) error { return r.parse(w, text, nil) })
}

// MarkLength returns the length of the byte order mark that a text begins with.
func MarkLength(head flowlog.Head) int64 {
	if bytes.HasPrefix(head, byteOrderMark) {
		return int64(len(byteOrderMark))
	}
	return 0
}

// begin looks at the beginning of a log: the year of its times, and which messages it
// has.
func (d *Device) begin(in *flowlog.Input, opt *flowlog.Options) (*Reading, error) {
	if len(opt.Map) > 0 {
		return nil, &flowlog.InputError{Err: fmt.Errorf("--map: a %s log has no columns to name", d.Name), Hint: "leave --map out"}
	}
	r := &Reading{Device: d, stamper: wrap.Stamper{Zone: opt.Location()}}
	if d.UTC {
		r.stamper.Zone = time.UTC
	}
	r.stamper.Anchor = wrap.FirstAnchor(in.Head, opt)
	phases := r.census(in.Head)
	r.lacks = phases[d.Prefer] == 0
	if d.Joined {
		r.lacks = phases[Begun]+phases[Ended] == 0
	}
	r.beside = opt.Connections()
	var err error
	r.clock, err = r.findClock(in.Head, opt)
	return r, err
}

// census counts the messages of a log's beginning by their phase.
func (r *Reading) census(head flowlog.Head) (c [Request + 1]int) {
	s := r.stamper
	for line := range cut.FirstLines(head) {
		if !r.Mine(line) {
			continue
		}
		m := Message{line, &s}
		var v Values
		if r.Read(&m, &v) != "" {
			continue
		}
		c[v.Phase]++
	}
	return c
}
