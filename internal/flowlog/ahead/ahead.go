// Package ahead does the works of a list in their order, the next ones while the result of one
// is used.
package ahead

// List is a list of works, whose results are of type T. Its methods are called by one goroutine,
// Do by several at once.
type List[T any] struct {
	Len int
	Do  func(i int) T
	// Batch returns how many works, from one on, are done together, at least one: to hand over
	// each small one for itself takes longer than to do it. early tells whether they may be done
	// before their turn.
	Batch func(from int) (n int, early bool)

	ready   []T         // the results whose turn it is
	pending []*batch[T] // those after them
	next    int         // the work that is begun next
}

// batch is the results of works that are done together.
type batch[T any] struct {
	c    chan []T
	list []T // nil until they were taken from c
}

// wait returns the results when the works are done.
func (b *batch[T]) wait() []T {
	if b.list == nil {
		b.list = <-b.c
	}
	return b.list
}

// mostBatches is how many batches are done before their turn: what they hold, such as
// descriptors and memory, is held so much longer.
const mostBatches = 2

// Next returns the result of the next work.
func (l *List[T]) Next() T {
	if len(l.ready) == 0 {
		l.begin()
		l.ready = l.pending[0].wait()
		l.pending = l.pending[1:]
	}
	result := l.ready[0]
	l.ready = l.ready[1:]
	return result
}

// Ready reports whether Next returns at once.
func (l *List[T]) Ready() bool { return len(l.ready) > 0 }

// Peek returns the result that is k places behind the next one. ok is false where that isn't
// there yet, or where several works are done together.
func (l *List[T]) Peek(k int) (result T, ok bool) {
	if len(l.ready) > 0 || k >= len(l.pending) {
		return result, false
	}
	b := l.pending[k]
	if b.list == nil && len(b.c) == 0 || len(b.wait()) != 1 {
		return result, false
	}
	return b.list[0], true
}

// begin begins the works whose turn it is, if that isn't done yet, and the next ones.
func (l *List[T]) begin() {
	for l.next < l.Len && len(l.pending) <= mostBatches {
		n, early := l.Batch(l.next)
		turn := len(l.pending) == 0
		if !turn && !early {
			return
		}
		b := &batch[T]{c: make(chan []T, 1)}
		do := func(from int) {
			list := make([]T, n)
			for i := range list {
				list[i] = l.Do(from + i)
			}
			b.c <- list
		}
		if turn {
			do(l.next)
		} else {
			go do(l.next)
		}
		l.pending = append(l.pending, b)
		l.next += n
	}
}

// Rest returns the results of the works that were begun, and whose turn never came, when they are
// done. No work is begun after it.
func (l *List[T]) Rest() []T {
	rest := l.ready
	for _, b := range l.pending {
		rest = append(rest, b.wait()...)
	}
	l.ready, l.pending, l.Len = nil, nil, l.next
	return rest
}
