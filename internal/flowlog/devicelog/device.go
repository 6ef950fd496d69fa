package devicelog

import (
	"bytes"
	"fmt"
	"time"

	"beacon/internal/flowlog"
	"beacon/internal/flowlog/cut"
	"beacon/internal/flowlog/join"
	"beacon/internal/flowlog/wrap"
)

// device is one kind of log of messages.
type device struct {
	name, doc, example string
	needs, gives       string // as in flowlog.Format

	// mine says whether a line is a message of the device's that is about a
	// connection. It is asked about any line of any text.
	mine func(line []byte) bool

	// read takes a message apart into v. The reason is "" for a connection,
	// notFlow for another message, or why it can't be read.
	read func(m *message, v *values) (reason string)

	// prefer is which of two messages about one connection is the flow.
	prefer phase

	// names says that the messages are of requests or queries, not of connections.
	names bool

	joined bool // a connection takes two messages, which are joined
	utc    bool // times without a zone are UTC, whatever --tz says
}

// phase is what a message says about its connection. Of the messages about one
// connection, the device's preferred one counts.
type phase uint8

const (
	single  phase = iota // the only message about it
	ended                // it has ended, and this is the sum
	begun                // it begins
	interim              // it goes on
	half                 // of a pair of records, one a direction
	request              // of several on the connection, about which there are other messages too
)

// message is a line of a log.
type message struct {
	line []byte
	s    *wrap.Stamper
}

// Why a message is passed over or can't be read.
const (
	notFlow    = "a message of another kind"
	noAddress  = "no address"
	badAddress = "unreadable address"
	badTime    = "unreadable time"
	noTime     = "no time"
	tooShort   = "the message is cut off"
)

// rank is when devices are asked: after formats with magic words and names of
// columns, before those that take any text.
const rank = 6

var devices []*device

func register(d *device) {
	devices = append(devices, d)
	flowlog.Register(&flowlog.Format{
		Name: d.name, Doc: d.doc, Example: d.example, Needs: d.needs, Gives: d.gives, Rank: rank,
		Sniff: func(head flowlog.Head) bool { return d.owns(head) },
		Open:  d.open,
		Names: d.onlyNames,
	})
}

// owns says whether the beginning of a log has messages of the device's, and no
// more of another's: a syslog server's file holds those of many.
func (d *device) owns(head flowlog.Head) bool {
	mine := d.count(head)
	if mine == 0 {
		return false
	}
	for _, other := range devices {
		if other == d {
			continue
		}
		if n := other.count(head); n > mine || n == mine && other.name < d.name {
			return false
		}
	}
	return true
}

// onlyNames says whether the messages of a log are of requests, not of connections.
func (d *device) onlyNames(head flowlog.Head) bool {
	if d.names {
		return true
	}
	r := &reading{device: d, stamper: wrap.Stamper{Zone: time.UTC}}
	c := r.census(head)
	requests := c[request]
	c[request] = 0
	return requests > 0 && c == [request + 1]int{}
}

// count is how many of the first lines are messages of the device's.
func (d *device) count(head flowlog.Head) (n int) {
	for line := range cut.FirstLines(head) {
		if d.mine(line) {
			n++
		}
	}
	return n
}

var byteOrderMark = []byte("\xef\xbb\xbf")

// reading is what the parts of one reading of a device's log share.
type reading struct {
	*device
	stamper wrap.Stamper
	lacks   bool // the beginning has no message of the preferred phase
	beside  bool // requests are of connections that other messages or another log tell of
}

func (d *device) open(in *flowlog.Input, opt *flowlog.Options) (flowlog.Reader, error) {
	r, err := d.begin(in, opt)
	if err != nil {
		return nil, err
	}
	if d.joined {
		j := join.New()
		return flowlog.ReadSerially(in, bomLength(in.Head), 0, flowlog.WholeLines, func(w *flowlog.Worker, text []byte) error { return r.parse(w, text, j) }, j.End)
	}
	return flowlog.ReadText(in, bomLength(in.Head), 0, func(w *flowlog.Worker, text []byte) error { return r.parse(w, text, nil) })
}

func bomLength(head flowlog.Head) int64 {
	if bytes.HasPrefix(head, byteOrderMark) {
		return int64(len(byteOrderMark))
	}
	return 0
}

// begin looks at the beginning of a log: the year of its times, and which messages it
// has.
func (d *device) begin(in *flowlog.Input, opt *flowlog.Options) (*reading, error) {
	if len(opt.Map) > 0 {
		return nil, &flowlog.InputError{Err: fmt.Errorf("--map: a %s log has no columns to name", d.name), Hint: "leave --map out"}
	}
	r := &reading{device: d, stamper: wrap.Stamper{Zone: opt.Location()}}
	if d.utc {
		r.stamper.Zone = time.UTC
	}
	r.stamper.Anchor = wrap.FirstAnchor(in.Head, opt)
	phases := r.census(in.Head)
	r.lacks = phases[d.prefer] == 0
	r.beside = opt.Connections()
	return r, nil
}

// census counts the messages of a log's beginning by their phase.
func (r *reading) census(head flowlog.Head) (c [request + 1]int) {
	s := r.stamper
	for line := range cut.FirstLines(head) {
		if !r.mine(line) {
			continue
		}
		m := message{line, &s}
		var v values
		if r.read(&m, &v) != "" {
			continue
		}
		c[v.phase]++
	}
	return c
}
