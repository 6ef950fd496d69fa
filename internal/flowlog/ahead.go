package flowlog

// ahead opens the next inputs of a reading while the current one is read. Pipes wait
// for their turn: to read them may take as long as they like.
type ahead struct {
	inputs  []*Input
	opt     *Options
	pending []chan opened // of the inputs from next on
	next    int           // the input that is opened next
}

type opened struct {
	reader Reader
	err    error
}

// aheadInputs is how many inputs are opened before their turn: each holds a descriptor
// and what its reader looks at first.
const aheadInputs = 2

// open returns the reader of an input. Inputs are opened in their order.
func (a *ahead) open(input int) (Reader, error) {
	for ; a.next < len(a.inputs) && a.next <= input+aheadInputs; a.next++ {
		in, c := a.inputs[a.next], make(chan opened, 1)
		a.pending = append(a.pending, c)
		begin := func() {
			r, err := in.openReader(a.opt)
			c <- opened{r, err}
		}
		switch {
		case a.next == input:
			begin()
		case in.pipe != nil || a.opt.layout != nil:
			a.pending = a.pending[:len(a.pending)-1]
			return a.take()
		default:
			go begin()
		}
	}
	return a.take()
}

func (a *ahead) take() (Reader, error) {
	o := <-a.pending[0]
	a.pending = a.pending[1:]
	return o.reader, o.err
}

// close closes the readers whose turn never came.
func (a *ahead) close() {
	for _, c := range a.pending {
		if o := <-c; o.reader != nil {
			o.reader.Close()
		}
	}
	a.pending = nil
}
