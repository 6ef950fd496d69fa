package flowlog

import (
	"fmt"
	"math"
)

// Each packed log of text is unpacked by a goroutine of its own, ahead of the workers. While the
// workers wait for the current one, they take parts of the next ones, so that several are
// unpacked at the same time. So that parts can be numbered before it is the turn of their input,
// each input reserves as many numbers as it can have parts at most.

// abreastFrom is the fewest workers that take parts of several inputs. Note: with two, four files
// of 6 million flows took 3.8 s of CPU instead of 3.3, 15 MB more, and as long.
const abreastFrom = 3

// numbering holds the numbers of an input's parts.
type numbering struct {
	first, next int   // of its first part, and of the part that is claimed next
	end         int   // first number of the next input; 0 if it isn't known before the last part
	err         error // of its reader, to be returned when it is the input's turn
}

// mostParts is the largest number of parts of a log: a flow's position has 31 bits for the number
// of its part.
const mostParts = math.MaxInt32

// reservable reports whether there are enough numbers to reserve some for each packed input.
func reservable(inputs []*Input) bool {
	sum := int64(0)
	for _, in := range inputs {
		if sum += in.mostBlocks(); sum > mostParts/2 {
			return false
		}
	}
	return true
}

// mostBlocks returns how many blocks of text a packed input can have at most, 0 where that
// isn't known.
func (in *Input) mostBlocks() int64 {
	if in.pipe != nil || len(in.layers) != 1 || len(in.wraps) > 0 || in.Size > math.MaxInt64>>16 {
		return 0
	}
	if most := in.layers[0].Most(in.Size); most > 0 {
		return most/int64(BlockSize) + 1
	}
	return 0
}

// part returns the number of the next part in the order of the log.
func (r *reading) part() int {
	if r.input < len(r.parts) {
		return r.parts[r.input].next
	}
	return r.firstOf(r.input)
}

// firstOf returns the number of the first part of an input, all before which were begun.
func (r *reading) firstOf(input int) int {
	if input == 0 {
		return 0
	}
	before := &r.parts[input-1]
	return max(before.next, before.end)
}

// begin reserves the numbers of the parts of an input.
func (r *reading) begin(input int, reader Reader) {
	if input < len(r.parts) {
		return
	}
	first := r.firstOf(input)
	n := numbering{first: first, next: first}
	if _, ok := streamOf(reader); ok && r.reserve {
		if most := int(r.inputs[input].Input.mostBlocks()); most > 0 {
			n.end = first + most
		}
	}
	r.parts = append(r.parts, n)
}

// number returns the number of the next part of an input, and counts it as claimed.
func (r *reading) number(input int) int {
	n := &r.parts[input]
	n.next++
	return n.next - 1
}

// streamed is a reader of text that is unpacked ahead of the workers.
type streamed interface {
	start()
	ready() bool
}

func streamOf(reader Reader) (streamed, bool) {
	if o, ok := reader.(*openedReader); ok {
		reader = o.Reader
	}
	s, ok := reader.(streamed)
	return s, ok && !isDetached(reader)
}

// ready reports whether Next returns a part without waiting.
func (b *StreamBlocks) ready() bool { return len(b.blocks) > 0 }

// nextOf returns the next part of an input.
func (r *reading) nextOf(input int, reader Reader) (part Part, err error) {
	n := &r.parts[input]
	if n.err != nil {
		return nil, n.err
	}
	part, err = nextPart(reader)
	if err == nil && n.end > 0 && n.next == n.end {
		return nil, fmt.Errorf("it unpacks to more than its %d bytes can hold", r.inputs[input].Input.Size)
	}
	return part, err
}

// early claims a part of an input after the current one, if the current one has no part ready.
// It returns false if no other has one either.
func (r *reading) early() (p claimedPart, ok bool) {
	if r.pass.Workers < abreastFrom || r.pass.Limit > 0 || r.pass.Tap != nil || r.err != nil {
		return p, false
	}
	if s, ok := streamOf(r.reader); !ok || s.ready() {
		return p, false
	}
	for k := r.input + 1; k < min(len(r.inputs), r.input+r.pass.Workers) && r.parts[k-1].end > 0; k++ { // more at once took 1.16 times the CPU
		next, ok := r.ahead.Peek(k - r.input - 1)
		reader := next.reader
		if !ok || reader == nil {
			return p, false
		}
		r.begin(k, reader)
		n := &r.parts[k]
		s, ok := streamOf(reader)
		for ok && n.err == nil && n.end > 0 && s.ready() && (r.pass.Until == 0 || n.next < r.pass.Until) {
			part, err := r.nextOf(k, reader)
			if err != nil {
				n.err = err
				break
			}
			if number := r.number(k); r.pass.Skip == nil || !r.pass.Skip(number) {
				return claimedPart{part, number, k}, true
			}
		}
	}
	return p, false
}
