// Package arrowlog reads Arrow IPC files and streams.
package arrowlog

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"

	"beacon/internal/flow"
	"beacon/internal/flowlog"
	"beacon/internal/flowlog/claims"
	"beacon/internal/flowlog/clocks"
	"beacon/internal/flowlog/timeparts"
)

// Arrow IPC holds record batches as a file (Feather's second version) or a stream. A
// file is a stream between two magics with a footer behind it that lists its batches.
//
// Note: arrow's own reader (ipc.Reader, v15) decompresses every column, wanted or
// not, under the lock that hands out batches, makes a zstd decoder for each buffer,
// compares none of the counts in the file with each other, and panics where a view
// points outside of its buffers. This one reads the wanted columns in the workers.

func init() {
	flowlog.Register(&flowlog.Format{
		Name:    "arrow",
		Needs:   "columns for time, source, destination: by name, or by --map",
		Gives:   "ports, protocol, bytes, duration, name",
		Doc:     "Arrow IPC, file (Feather) or stream, as pyarrow, polars, DuckDB and beacon convert write it",
		Example: "pyarrow.feather.write_feather(table, 'flows.arrow')",
		Rank:    0,
		Sniff:   func(head flowlog.Head) bool { return isFile(head) || isStream(head) },
		Open:    open,
	})
}

// reader reads the batches one after the other; each is a part.
type reader struct {
	in       *flowlog.Input
	closer   io.Closer
	from     io.ReaderAt // of a plain file
	ahead    *ahead      // of one in a store, nil for any other
	messages messages
	fields   []*field
	columns  []*column
	wanted   map[int64]*field // of the columns, by id of their dictionary
	known    map[int64]*field // the same of all fields, nested ones too
	dicts    map[int64]*dictionary
	unlearnt []*column // of times whose unit no value has told yet
	names    []string  // of the columns, and their roles
	roles    []flowlog.Role
	parts    timeparts.Parts                   // that may count for the start times; none once the first batch has told
	times    map[flowlog.Role]*timeparts.Found // of times that are joined of several columns; nil where the start times aren't
	notes    []flowlog.Note                    // of each flow
	tables   sync.Pool                         // *table
}

func open(in *flowlog.Input, opt *flowlog.Options) (flowlog.Reader, error) {
	r := &reader{in: in, dicts: map[int64]*dictionary{}, wanted: map[int64]*field{}, known: map[int64]*field{}}
	if err := r.openInput(); err != nil {
		return nil, err
	}
	if err := r.start(in.Head, opt); err != nil {
		r.closer.Close()
		return nil, err
	}
	for opt.WantsLayout() && r.parts.Last() > 0 { // whether they count is told by the first batch
		if _, err := r.Next(); err != nil {
			break
		}
		if r.times != nil && r.times[flowlog.StartTime].Date > 0 {
			r.roles[r.times[flowlog.StartTime].Date-1] = flowlog.StartTime
			opt.NoteColumns(r.names, r.roles)
		}
	}
	return r, nil
}

// start reads the schema.
func (r *reader) start(head flowlog.Head, opt *flowlog.Options) error {
	opt.NoteVersion("stream")
	if isFile(head) {
		opt.NoteVersion("file")
		r.messages.file = true
		if err := r.skipMagic(); err != nil {
			return err
		}
	}
	msg, err := r.messages.next()
	switch {
	case err == io.EOF:
		return errEarly
	case err != nil:
		return err
	case msg.kind == schemaMessage:
		r.fields, err = parseSchema(msg.header)
	case r.messages.file:
		r.fields, err = r.schemaAtEnd()
	default:
		err = errMessage
	}
	if err != nil {
		return err
	}
	r.messages.fields = r.fields
	r.know(r.fields)
	if err := r.pick(opt); err != nil {
		return err
	}
	for _, c := range r.columns {
		if c.field.dict >= 0 {
			r.wanted[c.field.dict] = c.field
		}
		if c.learns() {
			r.unlearnt = append(r.unlearnt, c)
		}
	}
	return nil
}

func (r *reader) skipMagic() error {
	_, err := r.messages.in.take(int64(len(fileMagic)))
	return cut(err)
}

// know notes the dictionaries of fields and of those inside them.
func (r *reader) know(fields []*field) {
	for _, f := range fields {
		if f.dict >= 0 {
			r.known[f.dict] = f
		}
		r.know(f.children)
	}
}

func (r *reader) Next() (flowlog.Part, error) {
	if r.ahead != nil {
		return r.ahead.next(r)
	}
	return r.nextPart()
}

// nextPart reads the metadata of the next part.
func (r *reader) nextPart() (flowlog.Part, error) {
	for {
		msg, err := r.messages.next()
		switch {
		case err != nil:
			return nil, err
		case msg.kind == schemaMessage:
			return nil, errors.New("corrupt: the Arrow stream has two schemas")
		case msg.kind == dictionaryMessage:
			if err := r.readDictionary(msg); err != nil {
				return nil, fmt.Errorf("reading a dictionary: %w", err)
			}
			continue
		}
		b, err := parseBatch(msg, msg.header, r.fields)
		if err != nil {
			return nil, err
		}
		if b.rows == 0 {
			continue
		}
		void, err := r.join(b)
		if err != nil {
			return nil, err
		}
		if void != "" {
			return &voidPart{rows: b.rows, name: void}, nil
		}
		p := &part{reader: r, batch: b}
		if p.cursors, err = r.place(b); err != nil {
			return nil, err
		}
		for _, c := range r.columns {
			p.dicts = append(p.dicts, r.dictOf(c))
		}
		if err := r.learn(p); err != nil {
			return nil, err
		}
		for _, c := range r.columns {
			p.clocks = append(p.clocks, c.clock)
		}
		return p, nil
	}
}

// dictOf returns the dictionary of a column, nil where it has none.
func (r *reader) dictOf(c *column) *dictionary {
	if c.field.dict < 0 {
		return nil
	}
	if d := r.dicts[c.field.dict]; d != nil {
		return d
	}
	return &dictionary{}
}

// place finds where in a batch the columns stand: the structs around each, then itself.
func (r *reader) place(b *batch) ([][]cursor, error) {
	at := map[*field]cursor{}
	var visit func(fields []*field, c cursor) cursor
	visit = func(fields []*field, c cursor) cursor {
		for _, f := range fields {
			if at[f] = c; f.kind == kindStruct && f.dict < 0 {
				c = visit(f.children, cursor{c.node + 1, c.buffer + 1, c.view})
			} else {
				f.skip(&c, b.counts, b.version)
			}
		}
		return c
	}
	cursors := make([][]cursor, len(r.columns))
	err := decode(func() error {
		visit(r.fields, cursor{})
		for k, column := range r.columns {
			for _, f := range append(slices.Clip(column.outer), column.field) {
				cursors[k] = append(cursors[k], at[f])
			}
		}
		return nil
	})
	return cursors, err
}

// errNoDictionary may also be a record batch whose kind is damaged.
var errNoDictionary = errors.New("corrupt: no column of the Arrow table has this dictionary")

// readDictionary reads the values of a dictionary that a wanted column refers to. A
// batch that was handed out keeps the dictionary as it was.
func (r *reader) readDictionary(msg *message) error {
	var inner fbTable
	var id int64
	var delta bool
	err := decode(func() (err error) {
		var ok bool
		if id, delta = msg.header.long(0), msg.header.bool(2); true {
			inner, ok = msg.header.table(1)
		}
		if !ok {
			err = errMessage
		}
		return err
	})
	if err != nil {
		return err
	}
	f := r.known[id]
	if f == nil {
		return errNoDictionary
	}
	values := *f
	values.dict = -1
	b, err := parseBatch(msg, inner, []*field{&values})
	if err != nil || r.wanted[id] == nil {
		return err
	}
	var l loader
	var claim claims.Claim
	defer claim.Release()
	l.begin(r.from, b, &claim)
	v, err := l.load(&values, cursor{})
	if err != nil {
		return err
	}
	d := &dictionary{vectors: []*vector{v}, n: v.n}
	if old := r.dicts[id]; delta && old != nil {
		d = &dictionary{vectors: append(slices.Clip(old.vectors), v), n: old.n + v.n}
	}
	r.dicts[id] = d
	return nil
}

// learn finds, from the first value of a column of times, how they are written. It is
// called before any worker reads the batch.
func (r *reader) learn(p *part) error {
	var claim claims.Claim
	defer claim.Release()
	for i := 0; i < len(r.unlearnt); i++ {
		c := r.unlearnt[i]
		k := slices.Index(r.columns, c)
		var l loader
		l.begin(r.from, p.batch, &claim)
		v, err := l.loadColumn(c, p.cursors[k])
		if err != nil {
			return fmt.Errorf("column %s: %w", c.field.path, err)
		}
		vectors := []*vector{v}
		if p.dicts[k] != nil {
			vectors = p.dicts[k].vectors
		}
		if slices.ContainsFunc(vectors, c.learn) {
			r.unlearnt = slices.Delete(r.unlearnt, i, i+1)
			i--
		}
	}
	return nil
}

func (r *reader) Close() error { return r.closer.Close() }

// part is one record batch.
type part struct {
	*reader
	batch   *batch
	cursors [][]cursor    // by column, see place
	dicts   []*dictionary // by column, nil where it has none
	clocks  []*clocks.Clock
}

// voidPart is a record batch without start times, or without their days, before the first one that
// has some.
type voidPart struct {
	rows int64
	name string // of the column without values
}

// Read has each row told as a bad one.
func (p *voidPart) Read(w *flowlog.Worker) error {
	for left := p.rows; left > 0; {
		n := int(min(left, flow.BatchRows))
		left -= int64(n)
		w.Zero(0, n)
		troubles := make([]flowlog.Trouble, n)
		for i := range troubles {
			troubles[i] = flowlog.Trouble{Row: i, Role: flowlog.StartTime, Reason: flowlog.BadTime, Text: p.name + " is null"}
		}
		if _, err := w.Settle(n, troubles); err != nil {
			return err
		}
	}
	return nil
}

// Read opens a plain file for itself: a part may be read after its reader was closed.
func (p *part) Read(w *flowlog.Worker) error {
	var from io.ReaderAt
	if p.batch.body.file && p.batch.body.fetched == nil {
		at, _, closer, err := p.in.Random()
		if err != nil {
			return err
		}
		defer closer.Close()
		from = at
	}
	t, _ := p.tables.Get().(*table)
	if t == nil {
		t = newTable(p.reader)
	}
	var claim claims.Claim
	defer claim.Release()
	t.w = w
	t.loader.begin(from, p.batch, &claim)
	for i, c := range t.columns {
		v, err := t.loader.loadColumn(p.columns[i], p.cursors[i])
		if err != nil {
			return fmt.Errorf("column %s: %w", p.columns[i].field.path, err)
		}
		v.dict = p.dicts[i]
		c.open(v, p.clocks[i])
	}
	for lo := 0; lo < int(p.batch.rows); lo += flow.BatchRows {
		n := min(flow.BatchRows, int(p.batch.rows)-lo)
		w.Zero(0, n)
		t.troubles = t.troubles[:0]
		for i, c := range t.columns {
			if err := c.fill(lo, n); err != nil {
				return fmt.Errorf("column %s: %w", p.columns[i].field.path, err)
			}
		}
		addressed := slices.ContainsFunc(p.columns, func(c *column) bool { return c.role == flowlog.Destination })
		n, err := w.Settle(n, t.names.Settle(w, n, addressed, t.troubles))
		if err != nil {
			return err
		}
		for _, note := range p.notes {
			w.Note(int64(n), note)
		}
		if err := w.Emit(n); err != nil {
			return err
		}
	}
	t.w = nil
	p.tables.Put(t)
	return nil
}
