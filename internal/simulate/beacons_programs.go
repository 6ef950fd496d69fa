package simulate

import (
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"beacon/internal/sorting"
	"beacon/internal/stats"
)

// A Program is software that calls on a timer, malware or benign. Its numbers (period,
// jitter, how many servers) are drawn anew each time that it runs, so that a judge can't
// be tuned to one of them.
type Program struct {
	Name  string  // short, for flags and truth files
	About string  // one line, for tables
	C2    bool    // malware
	Days  float64 // length of a log that shows it
	run   func(s *scene)
}

// A Run is what one program did during a log.
type Run struct {
	Calls      []Call // by time
	Servers    int    // distinct servers, numbered from 0 in Call.Server; 0: no more than names are asked for
	Name       string // what a finding should be about, if the calls have names: a name, or *.DOMAIN
	OneNetwork bool   // the servers are neighbours; otherwise each is in a network of its own
	Fronted    bool   // the servers are those of a content delivery network, at most cdnAddresses
	Period     time.Duration
	// Period is what an analyst would read off the times: the cycle of calls to any of
	// the servers. 0 where there is none.
}

// A Call is one flow record of a program.
type Call struct {
	At      float64 // s after the log's beginning
	Server  int
	Port    uint16 // of the server
	SrcPort uint16 // 0: a new one for each record; records of one connection share it
	Name    string // that was asked for; "" is none
	Proto   uint8
}

// pair returns what calls of one pair have alike: of names, no more than the port.
func (c Call) pair() Call {
	if c.Name != "" {
		return Call{Port: c.Port}
	}
	return Call{Server: c.Server, Port: c.Port}
}

// Run runs the program in a log of so many seconds.
func (p Program) Run(r *rand.Rand, seconds float64) Run {
	s := &scene{Run: Run{Servers: 1}, r: r, end: seconds, port: 443, proto: TCP}
	s.latency = s.about(.005, .3)
	p.run(s)
	s.Calls = slices.DeleteFunc(s.Calls, func(c Call) bool { return c.At < 0 || c.At >= seconds })
	sorting.Stable(s.Calls, func(a, b Call) int {
		switch {
		case a.At < b.At:
			return -1
		case a.At > b.At:
			return 1
		}
		return 0
	})
	return s.Run
}

// Programs returns all programs, the malware first.
func Programs() []Program { return append(slices.Clone(implants), services...) }

// FindProgram returns the program with a name; ok is false if there is none.
func FindProgram(name string) (p Program, ok bool) {
	all := slices.Concat(Programs(), NamedPrograms())
	i := slices.IndexFunc(all, func(p Program) bool { return p.Name == name })
	if i < 0 {
		return p, false
	}
	return all[i], true
}

// A scene is a run in the making.
type scene struct {
	Run
	r       *rand.Rand
	end     float64 // s
	port    uint16
	proto   uint8
	latency float64 // most that passes from a timer's end to the record's start, s
}

// call adds a record to a server.
func (s *scene) call(at float64, server int) {
	s.Calls = append(s.Calls, Call{At: at + s.latency*s.r.Float64(), Server: server, Port: s.port, Proto: s.proto})
}

// each calls visit for every event of a process until the log's end.
func (s *scene) each(p stats.Process, visit func(at float64)) {
	for at := p(); at < s.end; at = p() {
		visit(at)
	}
}

// between draws evenly from low to high.
func (s *scene) between(low, high float64) float64 { return low + (high-low)*s.r.Float64() }

// about draws from low to high, evenly by the logarithm.
func (s *scene) about(low, high float64) float64 {
	return low * math.Pow(high/low, s.r.Float64())
}

// whole draws a whole number from low to high, both included.
func (s *scene) whole(low, high int) int { return low + s.r.IntN(high-low+1) }

// one draws one of some numbers.
func (s *scene) one(of ...float64) float64 { return of[s.r.IntN(len(of))] }

// every sets the period that an analyst would read off.
func (s *scene) every(period float64) float64 {
	s.Period = time.Duration(period * float64(time.Second))
	return period
}

// webOrNot draws the port of a C2 server.
func (s *scene) webOrNot() { s.port = uint16(s.one(443, 443, 443, 80, 80, 8080, 8443, 4444)) }

// sleeper is one server that is called every period·(1±jitter).
func (s *scene) sleeper(period, jitter float64) stats.Process {
	return stats.Sleep(s.r, s.every(period), jitter)
}

// intervals returns a process with gaps drawn by gap, begun at a random moment of the first.
func intervals(r *rand.Rand, gap func() float64) stats.Process {
	next := gap() * r.Float64()
	return func() float64 {
		at := next
		next += gap()
		return at
	}
}
