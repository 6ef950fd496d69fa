package arrowlog

import (
	"bufio"
	"cmp"
	"errors"
	"slices"

	"beacon/internal/flowlog"
	"beacon/internal/flowlog/stored"
)

// Of an object of a store each request takes a while, so that a file there isn't read as one on a
// disk is: the messages' metadata is requested ahead, which the footer tells the places of, and
// then the buffers of the wanted columns, of several batches at the same time. The footer is
// taken for a hint only: what it doesn't list is requested when it is read.
//
// Note: files with batches of 20 and 50 KB took longer by ranges than as a stream. 8 MiB of
// buffers ahead took a peak of 85 MB.

const (
	tailRead   = 64 << 10 // bytes at the end of a file: most footers are shorter
	metaRead   = 4 << 10  // bytes that are read of a message that the footer doesn't list
	maxListed  = 1 << 20  // bytes of metadata that are requested ahead
	metasAhead = 32       // messages whose metadata is requested together
	leastBatch = 64 << 10 // bytes of a message, on average: with smaller ones, all of the file is read as a stream
	heldMetas  = 4        // such requests that are kept: metadata is read in order
	firstAhead = 256 << 10
	mostAhead  = 2 << 20  // bytes of wanted buffers that are requested together, from firstAhead on twice as many each time
	mostBatch  = 16 << 20 // of one batch: a larger one is read buffer by buffer, within what workers may claim
)

// ahead is the source of the metadata of a file in a store, and of the values by which the
// times are understood.
type ahead struct {
	*stored.Handle
	head   []byte            // of the file
	held   []*stored.Fetched // the latest, and that of the file's end
	listed []stored.Extent   // metadata that the footer lists and that isn't requested yet
	until  int64             // end of the metadata that was requested last
	coming []turn            // of the parts whose buffers were requested, and the next to be handed out
	later  []turn            // those after them
	most   int64
	ended  bool // the last of these is the end, or an error
}

// turn is a part, or the error that ends the reading.
type turn struct {
	part flowlog.Part
	err  error
}

// openInput opens the input: as a file of which any place can be read, or as a stream.
func (r *reader) openInput() (err error) {
	size, plain := r.in.Plain()
	if plain && r.in.Remote() {
		if r.ahead, err = openAhead(r.in); err != nil {
			return err
		}
		plain = r.ahead != nil
	}
	if !plain {
		return r.openStream()
	}
	if r.from, _, r.closer, err = r.in.Random(); r.ahead != nil {
		r.from = r.ahead
	}
	r.messages.in = &fileInput{from: r.from, end: size}
	return err
}

func (r *reader) openStream() error {
	stream, err := r.in.Stream()
	r.closer, r.messages.in = stream, &streamInput{r: bufio.NewReaderSize(stream, 1<<18)}
	return err
}

// schemaAtEnd returns the schema of a file that has it in its footer only, as apache-arrow for
// JavaScript writes it, and goes back to the first message.
func (r *reader) schemaAtEnd() (fields []*field, err error) {
	size, plain := r.in.Plain()
	if !plain {
		return nil, &flowlog.InputError{Err: errors.New("the Arrow file has its schema at its end only"), Hint: "write it to a plain file, and read that"}
	}
	file, random := r.messages.in.(*fileInput)
	if !random { // an object that is read as a stream
		from, _, closer, err := r.in.Random()
		if err != nil {
			return nil, err
		}
		defer closer.Close()
		file = &fileInput{from: from, end: size}
		r.closer.Close()
		if err := r.openStream(); err != nil {
			return nil, err
		}
	}
	footer, err := file.footer()
	if err != nil {
		return nil, err
	}
	err = decode(func() error {
		schema, ok := fbRoot(footer).table(1)
		if !ok {
			return errMessage
		}
		fields, err = parseSchema(schema)
		return err
	})
	if err != nil {
		return nil, err
	}
	file.pos, r.messages.seen = 0, [2][]int{}
	return fields, r.skipMagic()
}

// openAhead opens an object. It returns nil where that is to be read as a stream: it is one, its
// footer lists nothing or is lost, or its batches are so small that little lies between what is
// wanted.
func openAhead(in *flowlog.Input) (*ahead, error) {
	from, size, _, err := in.Random()
	h, ok := from.(*stored.Handle)
	if err != nil || !ok || !isFile(in.Head) || size <= int64(len(in.Head)) {
		return nil, err
	}
	end := []stored.Extent{{From: max(0, size-tailRead), To: size}}
	a := &ahead{Handle: h, head: slices.Clone(in.Head), held: []*stored.Fetched{h.Fetch(end)}, most: firstAhead}
	if err := a.list(); err != nil || len(a.listed) == 0 || int64(len(a.listed)) > size/leastBatch {
		return nil, err
	}
	return a, nil
}

// ReadAt implements io.ReaderAt.
func (a *ahead) ReadAt(p []byte, at int64) (int, error) {
	n := int64(len(p))
	if at+n <= int64(len(a.head)) {
		return copy(p, a.head[at:]), nil
	}
	if at+n > a.Size() {
		return a.Handle.ReadAt(p, at)
	}
	if at >= a.until {
		a.fetchListed(at)
	}
	i := slices.IndexFunc(a.held, func(f *stored.Fetched) bool { return f.Has(at, n) })
	if i < 0 {
		i = 1
		a.hold(a.Fetch([]stored.Extent{{From: at, To: max(at+n, min(at+metaRead, a.Size()))}}))
	}
	data, err := a.held[i].Bytes(at, n)
	return copy(p, data), err
}

// hold keeps what was requested, behind that of the file's end.
func (a *ahead) hold(f *stored.Fetched) {
	a.held = slices.Insert(a.held, 1, f)
	a.held = a.held[:min(len(a.held), heldMetas)]
}

// fetchListed requests the metadata of the next messages from a place on.
func (a *ahead) fetchListed(from int64) {
	for len(a.listed) > 0 && a.listed[0].To <= from {
		a.listed = a.listed[1:]
	}
	n := min(metasAhead, len(a.listed))
	if n == 0 {
		return
	}
	a.hold(a.Fetch(a.listed[:n]))
	a.until = a.listed[n/2].From // in the middle of them the next ones are requested
	a.listed = a.listed[n:]
}

// list notes the places of the messages that the footer tells, if it can be read: it is checked
// at the end.
func (a *ahead) list() error {
	file := &fileInput{from: a, end: a.Size()}
	footer, err := file.footer()
	if err != nil {
		_, err = a.held[0].Bytes(a.Size(), 0) // an error of the store's
		return err
	}
	_ = decode(func() error {
		t := fbRoot(footer)
		for _, slot := range []int{2, 3} {
			for block := range slices.Chunk(t.longs(slot, 3), 3) {
				from, size := block[0], int64(int32(block[1])) // behind which are 4 bytes of padding
				if from > 0 && size > 0 && size <= maxListed && from <= a.Size()-size {
					a.listed = append(a.listed, stored.Extent{From: from, To: from + size})
				}
			}
		}
		return nil
	})
	slices.SortFunc(a.listed, func(x, y stored.Extent) int { return cmp.Compare(x.From, y.From) })
	return nil
}

// next returns the next part of a reader.
func (a *ahead) next(r *reader) (flowlog.Part, error) {
	if len(a.coming) == 0 {
		if a.coming = a.later; len(a.coming) == 0 {
			a.coming = a.gather(r)
		}
		a.later = a.gather(r)
	}
	t := a.coming[0]
	if t.err == nil {
		a.coming = a.coming[1:]
	}
	return t.part, t.err
}

// gather returns the next parts, whose buffers are requested.
func (a *ahead) gather(r *reader) (turns []turn) {
	var wanted []stored.Extent
	var parts []*part
	for sum := int64(0); sum < a.most && len(turns) < metasAhead && !a.ended; {
		p, err := r.nextPart()
		turns = append(turns, turn{p, err})
		a.ended = err != nil
		if p, ok := p.(*part); ok {
			buffers, size := p.buffers()
			if sum += size; size <= mostBatch {
				wanted, parts = append(wanted, buffers...), append(parts, p)
			}
		}
	}
	fetched := a.Fetch(wanted)
	for _, p := range parts {
		p.batch.body.fetched = fetched
	}
	a.most = min(2*a.most, mostAhead)
	return turns
}

// buffers returns the places of the wanted columns' buffers, and their size together.
func (p *part) buffers() (places []stored.Extent, size int64) {
	b := p.batch
	add := func(from, to int) {
		for i := from; i < to; i++ {
			if n := b.buffers[2*i+1]; n > 0 {
				at := b.body.off + b.buffers[2*i]
				places = append(places, stored.Extent{From: at, To: at + n})
				size += n
			}
		}
	}
	for k, c := range p.columns {
		at := p.cursors[k]
		for _, outer := range at[:len(at)-1] {
			add(outer.buffer, outer.buffer+1)
		}
		last := at[len(at)-1]
		next := last
		c.field.skip(&next, b.counts, b.version)
		add(last.buffer, next.buffer)
	}
	return places, size
}
