package flowlog

import (
	"bytes"
	"cmp"
	"fmt"
	"math"
	"slices"
	"time"

	"beacon/internal/flow"
	"beacon/internal/flowlog/stored"
)

// Format is one kind of flow log. Each stands in a file of its own, which
// registers it in an init function, in this order: type, doc, sniff, open.
type Format struct {
	Name    string // as in --input-format
	Doc     string // one line: what writes it
	Example string // a line or a command that shows it, for beacon formats
	Needs   string // what a record must have, by the log's own names, besides what Gives lists
	Gives   string // what flows have besides time, source and destination
	Rank    int    // formats are asked in ascending order: the more telling sniff first, 0 to 9

	// Sniff says whether the head of an input is of this format. It must not
	// say so of another format's samples.
	Sniff func(head Head) bool

	// Alike, if set, returns a test whether another input is of the same format, what Names
	// says of it is the same, and no name of a column is new, as it is written like the given
	// one: with the same header. It returns nil where an input can't tell of others. Open of
	// an input that can keeps nothing of the head, nor does the test.
	Alike func(head Head) func(other Head) bool

	// Open begins a reading of an input that Sniff recognised, or that the
	// analyst said is of this format.
	Open func(in *Input, opt *Options) (Reader, error)

	// Names, if set, says whether the records of an input are of requests or queries
	// that name hosts, and not of connections: see Options.Connections.
	Names func(head Head) bool

	// Hosts, if set, is Open for Log.Hosts.
	Hosts func(in *Input, opt *Options) (Reader, error)
}

// Head is the beginning of an input, decompressed: up to HeadSize bytes, fewer
// only where the input is shorter, and more where the first record of JSON is longer.
type Head []byte

// ByteOrderMark is what some programs write at the beginning of UTF-8 text.
var ByteOrderMark = []byte("\xef\xbb\xbf")

// Start returns the length of a byte order mark at the beginning, 0 without one.
func (h Head) Start() int {
	if bytes.HasPrefix(h, ByteOrderMark) {
		return len(ByteOrderMark)
	}
	return 0
}

// HeadSize is how much of an input is looked at to recognise it.
const HeadSize = stored.HeadSize

// Options is how a log is to be read.
type Options struct {
	Map  map[string]string // canonical column (see ColumnNames) to the log's own name of it
	Zone *time.Location    // of times that carry none; nil is UTC
	// ZoneNamed has Zone count too where the log names a zone that isn't understood.
	ZoneNamed bool
	// TimeFormat is how the log writes its times: a name, a strptime format or a Go
	// layout; "" to find it by the times themselves.
	TimeFormat string
	Year       int       // of times that carry none; 0 for the one that puts them nearest before now
	Now        time.Time // what time it is; zero for the system's clock

	Format   string        // name of the format, "" to find it by content
	Columns  flow.Column   // columns of the batches, besides flow.Base
	From, To int64         // flows that start in [From, To) are read, in ns since the Unix epoch; both 0 is no bound
	Back     time.Duration // how long before the log's last flow the part that is wanted begins; 0 where that isn't how it is told
	Strict   bool          // a bad record ends the reading with an error
	Answered bool          // attempts that were never answered are left out
	MaxInput int64         // bytes that an input may unpack to; 0 is no limit
	Outer    bool          // packets of tunnels in captures are read, not the packets inside them
	Store    stored.Store  // finds what URLs of object stores name; nil for none

	// Marks, if set, tells of an input by its format and head whether it is to be Marked.
	Marks func(f *Format, head Head) bool

	inputs []*Input // of the log that is read
	hosts  bool     // inputs are opened by Format.Hosts
	layout *Layout  // what the reader makes of the input goes here, if anywhere
}

func (o *Options) Location() *time.Location {
	if o.Zone == nil {
		return time.UTC
	}
	return o.Zone
}

// Bounded says whether From and To leave anything out.
func (o *Options) Bounded() bool { return o.From != 0 || o.To != 0 }

// Beside returns the other inputs of the log that an input is read from.
func (o *Options) Beside(in *Input) []*Input {
	return slices.DeleteFunc(slices.Clone(o.inputs), func(other *Input) bool { return other == in })
}

// Connections tells whether some input of the log that is read has records of
// connections. Beside these a record that names the host of a connection counts for the
// name only.
func (o *Options) Connections() bool {
	return slices.ContainsFunc(o.inputs, func(in *Input) bool { return !in.names })
}

// Reader reads one input once, in parts. Its methods are called by one
// goroutine at a time.
type Reader interface {
	// Next is the next part in the order of the log, or io.EOF after the last.
	Next() (Part, error)
	// Close lets go of what the reader holds; parts are not read after it.
	Close() error
}

// Part is a stretch of an input that one worker reads alone, while others read
// other parts.
type Part interface {
	// Read hands the flows of the part to the worker, in the order of the log.
	// An error means that the input can't be read on; a record that can't be
	// read is given to Worker.Bad instead.
	Read(w *Worker) error
}

var formats []*Format

// Register adds a format; a format's file calls it from init.
func Register(f *Format) {
	formats = append(formats, f)
	slices.SortFunc(formats, func(a, b *Format) int {
		return cmp.Or(cmp.Compare(a.Rank, b.Rank), cmp.Compare(a.Name, b.Name))
	})
}

// Formats is every format, by name.
func Formats() []*Format {
	list := slices.Clone(formats)
	slices.SortFunc(list, func(a, b *Format) int { return cmp.Compare(a.Name, b.Name) })
	return list
}

// lastRank is that of formats that take any text of their kind.
const lastRank = 9

// formatOf finds the format of an input by its content, or the one that opt names,
// after taking off what stands around its records.
func formatOf(in *Input, opt *Options) (*Format, error) {
	if err := in.Unwrap(math.MaxInt); err != nil {
		return nil, &InputError{Input: in.Name, Err: err}
	}
	if opt.Format == "" {
		if err := checkSupported(in, false); err != nil {
			return nil, err
		}
	}
	below := func(rank int) func() *Format {
		return func() *Format {
			for _, f := range formats {
				if (opt.Format == f.Name || opt.Format == "" && f.Rank < rank) && f.Sniff(in.Head) {
					return f
				}
			}
			return nil
		}
	}
	telling, every := below(lastRank), below(lastRank+1)
	if f := telling(); f != nil {
		return f, nil
	}
	if f, err := in.weakly(false, telling); f != nil || err != nil {
		return f, err
	}
	for _, f := range formats { // a format that is named is taken whatever it says
		if opt.Format == f.Name || opt.Format == "" && f.Sniff(in.Head) {
			return f, nil
		}
	}
	if f, err := in.weakly(true, every); f != nil || err != nil {
		return f, err
	}
	if opt.Format != "" {
		return nil, &InputError{Input: in.Name, Err: fmt.Errorf("there is no format %q", opt.Format), Hint: "beacon formats lists them"}
	}
	if longer, err := in.lengthenHead(); longer || err != nil {
		if err != nil {
			return nil, &InputError{Input: in.Name, Err: err}
		}
		return formatOf(in, opt)
	}
	if err := checkSupported(in, true); err != nil {
		return nil, err
	}
	return nil, &InputError{Input: in.Name, Err: fmt.Errorf("not a flow log that beacon knows: it begins with %q", in.Head[:min(len(in.Head), 60)]),
		Hint: "beacon formats lists what can be read"}
}

// InputError is trouble with an input that ends the run: its place, and what
// the analyst can do about it.
type InputError struct {
	Input string // file as the analyst named it
	Line  int64  // 1-based; 0 where there is none
	Err   error
	Hint  string // what to type, or ""

	lack []Role // of a table without columns for these
}

func (e *InputError) Error() string {
	switch {
	case e.Input == "": // named by who returns it
		return e.Err.Error()
	case e.Line > 0:
		return fmt.Sprintf("%s:%d: %v", e.Input, e.Line, e.Err)
	}
	return fmt.Sprintf("%s: %v", e.Input, e.Err)
}

func (e *InputError) Unwrap() error { return e.Err }
