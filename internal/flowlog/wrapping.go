package flowlog

import (
	"cmp"
	"io"
	"math"
	"slices"
)

// Wrapping holds what stands around the records of a log without being one of their
// formats: an envelope of JSON, a header before each line, an encoding. It is taken
// off before the format is looked for.
type Wrapping struct {
	Name string // as in "fortigate in a Splunk export"
	Rank int    // wrappings are asked in ascending order; from RankLine on they are of single lines

	// Weak wrappings are taken off only where no format knows the log as it is,
	// and one knows it without.
	Weak bool

	// Last is for a weak wrapping that is taken off only where no format takes the log
	// as it is, not even those that take any text.
	Last bool

	// Sniff returns what takes the wrapping off; nil where the head of an input
	// has none of the kind. The reader that it returns is closed when it is done
	// with, if it is an io.Closer.
	Sniff func(head Head) func(io.Reader) io.Reader
}

// RankLine is the rank of the headers of lines, as of syslog. Below it are encodings of a
// text and envelopes of records.
const RankLine = 6

// maxWrappings is how many wrappings may lie around each other: a message in syslog
// in an envelope in an encoding.
const maxWrappings = 4

var wrappings []*Wrapping

// RegisterWrapping adds a wrapping; its file calls it from init.
func RegisterWrapping(w *Wrapping) {
	wrappings = append(wrappings, w)
	slices.SortFunc(wrappings, func(a, b *Wrapping) int {
		return cmp.Or(cmp.Compare(a.Rank, b.Rank), cmp.Compare(a.Name, b.Name))
	})
}

// Wrappings returns every wrapping, in the order in which they are asked.
func Wrappings() []*Wrapping { return slices.Clone(wrappings) }

// wrapped is a wrapping of an input.
type wrapped struct {
	*Wrapping
	open func(io.Reader) io.Reader
}

// Unwrap takes the strong wrappings of a rank below the given one off.
func (in *Input) Unwrap(rank int) error {
	for len(in.wraps) < maxWrappings {
		taken := false
		for _, w := range wrappings {
			if w.Weak || w.Rank >= rank {
				continue
			}
			if ok, err := in.take(w); ok || err != nil {
				if err != nil {
					return err
				}
				taken = true
				break
			}
		}
		if !taken {
			break
		}
	}
	return nil
}

// take takes a wrapping off, if the input has it.
func (in *Input) take(w *Wrapping) (bool, error) {
	open := w.Sniff(in.Head)
	if open == nil {
		return false, nil
	}
	in.wraps = append(in.wraps, wrapped{w, open})
	head, err := in.readHead()
	if err != nil {
		return false, err
	}
	if len(head) == 0 { // there is nothing in it
		in.wraps, in.whole = in.wraps[:len(in.wraps)-1], false
		return false, nil
	}
	in.Head = head
	return true, nil
}

// weakly finds a format under a weak wrapping, one of the last or another; nil where there
// is none.
func (in *Input) weakly(last bool, find func() *Format) (*Format, error) {
	before, head := len(in.wraps), in.Head
	if before >= maxWrappings {
		return nil, nil
	}
	for _, w := range wrappings {
		if !w.Weak || w.Last != last {
			continue
		}
		ok, err := in.take(w)
		if err == nil && ok {
			if err = in.Unwrap(math.MaxInt); err == nil {
				if f := find(); f != nil {
					return f, nil
				}
				var f *Format
				if f, err = in.weakly(last, find); f != nil {
					return f, nil
				}
			}
		}
		if err != nil {
			return nil, err
		}
		in.wraps, in.Head, in.whole = in.wraps[:before], head, false
	}
	return nil, nil
}

// HeadOf returns the beginning of a file as its format sees it, without what stands
// around the records.
func HeadOf(path string) (Head, error) {
	in := &Input{Name: path, path: path}
	err := in.probe()
	if err == nil {
		_, err = formatOf(in, &Options{})
	}
	return in.Head, err
}

// Wrapping names what was taken off the input, the outermost last; "" for nothing.
func (in *Input) Wrapping() string {
	text := ""
	for _, w := range slices.Backward(in.wraps) {
		if text != "" {
			text += " in "
		}
		text += w.Name
	}
	return text
}
