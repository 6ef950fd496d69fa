package flowlog

import "beacon/internal/flowlog/stored"

// ahead opens the next inputs of a reading while the current one is read. Pipes wait
// for their turn: to read them may take as long as they like.
type ahead struct {
	inputs  []*Input
	opt     *Options
	ready   []opened        // whose turn it is
	pending []chan []opened // of the inputs after them, in batches
	next    int             // the input that is opened next
}

type opened struct {
	reader Reader
	err    error
}

// aheadBatches is how many batches of inputs are opened before their turn: each input
// holds a descriptor, unless it is small, and what its reader looks at first.
const aheadBatches = 2

// A batch is one input, or some small ones: to hand over each for itself takes longer
// than to open it.
const (
	smallInput  = HeadSize     // bytes of a plain input that is small
	smallPacked = HeadSize / 8 // bytes of a packed one, as stored
)

// open returns the reader of an input. Inputs are opened in their order.
func (a *ahead) open(input int) (Reader, error) {
	if len(a.ready) == 0 {
		a.begin(input)
		a.ready = <-a.pending[0]
		a.pending = a.pending[1:]
	}
	o := a.ready[0]
	a.ready = a.ready[1:]
	return o.reader, o.err
}

// begin begins to open the input whose turn it is, if that isn't done yet, and the next.
func (a *ahead) begin(input int) {
	for a.next < len(a.inputs) && len(a.pending) <= aheadBatches {
		batch := a.inputs[a.next:][:a.batch()]
		if a.next > input && (batch[0].pipe != nil || a.opt.layout != nil) {
			return
		}
		c := make(chan []opened, 1)
		openAll := func() {
			list := make([]opened, len(batch))
			for i, in := range batch {
				list[i].reader, list[i].err = in.openReader(a.opt)
			}
			c <- list
		}
		if a.next == input {
			openAll()
		} else {
			go openAll()
		}
		a.pending = append(a.pending, c)
		a.next += len(batch)
	}
}

// batch returns the number of inputs that are opened together.
func (a *ahead) batch() (n int) {
	most := stored.Spare(maxClaimed)
	for _, in := range a.inputs[a.next:] {
		if n == most || !in.small() {
			break
		}
		n++
	}
	return max(n, 1)
}

// small tells whether an input takes little memory and time to open.
func (in *Input) small() bool {
	if in.pipe != nil || in.file.Remote() {
		return false
	}
	return in.Size <= smallPacked || in.Size <= smallInput && len(in.layers)+len(in.wraps) == 0
}

// close closes the readers whose turn never came.
func (a *ahead) close() {
	lists := [][]opened{a.ready}
	for _, c := range a.pending {
		lists = append(lists, <-c)
	}
	for _, list := range lists {
		for _, o := range list {
			if o.reader != nil {
				o.reader.Close()
			}
		}
	}
	a.ready, a.pending = nil, nil
}
