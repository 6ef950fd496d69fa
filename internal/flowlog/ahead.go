package flowlog

import "beacon/internal/flowlog/stored"

// ahead opens the next inputs of a reading while the current one is read. Pipes wait
// for their turn: to read them may take as long as they like.
type ahead struct {
	inputs  []*Input
	opt     *Options
	ready   []opened       // whose turn it is
	pending []*openedBatch // of the inputs after them
	next    int            // the input that is opened next
}

// openedBatch is inputs that are opened together.
type openedBatch struct {
	c    chan []opened
	list []opened // nil until they were taken from c
}

// wait returns the inputs of a batch when they are open.
func (b *openedBatch) wait() []opened {
	if b.list == nil {
		b.list = <-b.c
	}
	return b.list
}

// isOpen tells whether wait returns at once.
func (b *openedBatch) isOpen() bool { return b.list != nil || len(b.c) > 0 }

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
		a.ready = a.pending[0].wait()
		a.pending = a.pending[1:]
	}
	o := a.ready[0]
	a.ready = a.ready[1:]
	return o.reader, o.err
}

// peek returns the reader of the input that is k places behind those whose turn it is; nil
// where it isn't open yet, or one of several small ones.
func (a *ahead) peek(k int) Reader {
	if len(a.ready) > 0 || k >= len(a.pending) || !a.pending[k].isOpen() {
		return nil
	}
	if list := a.pending[k].wait(); len(list) == 1 {
		return list[0].reader
	}
	return nil
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
				if s, ok := streamOf(list[i].reader); ok {
					s.start()
				}
			}
			c <- list
		}
		if a.next == input {
			openAll()
		} else {
			go openAll()
		}
		a.pending = append(a.pending, &openedBatch{c: c})
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
	for _, b := range a.pending {
		lists = append(lists, b.wait())
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
