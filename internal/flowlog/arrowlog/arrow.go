// Package arrowlog reads Arrow IPC files and streams.
package arrowlog

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/ipc"
	"github.com/apache/arrow/go/v15/arrow/memory"

	"beacon/internal/flowlog"
)

// Arrow IPC: record batches as a file (Feather's second version) or a stream. A
// file is a stream between two magics with a table of contents behind it, so
// both are read as a stream, from a pipe too.

func init() {
	flowlog.Register(&flowlog.Format{
		Name:    "arrow",
		Doc:     "Arrow IPC, file (Feather) or stream, as pyarrow, polars, DuckDB and beacon convert write it",
		Example: "pyarrow.feather.write_feather(table, 'flows.arrow')",
		Rank:    0,
		Sniff: func(head flowlog.Head) bool {
			return bytes.HasPrefix(head, []byte(arrowMagic)) || isArrowStream(head)
		},
		Open: openArrow,
	})
}

const (
	arrowMagic   = "ARROW1\x00\x00"
	maxArrowMeta = 64 << 20   // bytes of a message's metadata
	maxArrowBody = 2 << 30    // bytes of a record batch, as stored
	arrowSpare   = 64 << 20   // bytes that any batch may unpack to
	arrowRatio   = 256        // and how many times its own size
	arrowStep    = 1 << 20    // bytes of a message that are made room for at once
	arrowNext    = 0xffffffff // stands before a message's length
)

// isArrowStream says whether a message begins the head that is a schema.
func isArrowStream(head flowlog.Head) (ok bool) {
	if len(head) < 16 || binary.LittleEndian.Uint32(head) != arrowNext {
		return false
	}
	size := binary.LittleEndian.Uint32(head[4:])
	if size < 8 || size > maxArrowMeta {
		return false
	}
	kind, _, err := arrowHeader(head[8:min(len(head), 8+int(size))])
	return err == nil && kind == arrowSchema
}

var (
	errArrowCut    = errors.New("the Arrow stream is cut off")
	errArrowSize   = fmt.Errorf("a record batch is larger than beacon reads (%d GiB)", maxArrowBody>>30)
	errArrowUnpack = errors.New("a record batch claims to unpack to more than it can hold")
)

// arrowMessages reads the messages of a stream and believes no length: room is
// made as bytes arrive. It is an ipc.MessageReader.
type arrowMessages struct {
	r     *bufio.Reader
	file  bool // the end is marked
	room  *arrowRoom
	err   error // what went wrong, which the library may hide
	ended bool

	marked bool // messages begin with arrowNext
}

func (m *arrowMessages) Retain()  {}
func (m *arrowMessages) Release() {}

// Message is the next message, io.EOF after the last.
func (m *arrowMessages) Message() (*ipc.Message, error) {
	msg, err := m.message()
	if err == io.EOF {
		m.ended = true
	} else if err != nil {
		m.err = err
	}
	return msg, err
}

func (m *arrowMessages) message() (*ipc.Message, error) {
	size, err := m.word()
	if err == io.EOF && !m.file {
		return nil, io.EOF // the end of a stream may go unmarked
	}
	switch {
	case err == nil && size == arrowNext: // absent before Arrow 0.15
		size, err = m.word()
		m.marked = true
	case err == nil && m.file && m.marked && size != 0:
		return nil, m.footer()
	}
	switch {
	case err != nil:
		return nil, m.cut(err)
	case size == 0:
		return nil, io.EOF
	case size > maxArrowMeta:
		return nil, errArrowMessage
	}
	meta, err := m.take(int64(size))
	if err != nil {
		return nil, err
	}
	_, n, err := arrowHeader(meta)
	if err == nil {
		err = checkArrow(meta)
	}
	switch {
	case err != nil:
		return nil, err
	case n < 0:
		return nil, errArrowMessage
	case n > maxArrowBody:
		return nil, errArrowSize
	}
	body, err := m.take(n)
	if err != nil {
		return nil, err
	}
	m.room.left = arrowSpare + arrowRatio*n
	return ipc.NewMessage(memory.NewBufferBytes(meta), memory.NewBufferBytes(body)), nil
}

// footer is io.EOF where the rest of a file, a word of which was read, is its
// table of contents: not every writer (Go's does not) marks the end before it.
func (m *arrowMessages) footer() error {
	rest, err := io.ReadAll(io.LimitReader(m.r, maxArrowMeta))
	if err != nil {
		return err
	}
	n := len(rest)
	if n < 10 || string(rest[n-6:]) != arrowMagic[:6] || int(binary.LittleEndian.Uint32(rest[n-10:])) != n+4-10 {
		return errArrowMessage
	}
	return io.EOF
}

func (m *arrowMessages) word() (uint32, error) {
	var b [4]byte
	if _, err := io.ReadFull(m.r, b[:]); err != nil {
		return 0, err
	}
	return binary.LittleEndian.Uint32(b[:]), nil
}

// take reads n bytes.
func (m *arrowMessages) take(n int64) ([]byte, error) {
	buf := make([]byte, 0, min(n, arrowStep))
	for int64(len(buf)) < n {
		if len(buf) == cap(buf) {
			grown := make([]byte, len(buf), min(n, 2*int64(cap(buf))))
			copy(grown, buf)
			buf = grown
		}
		k, err := m.r.Read(buf[len(buf):min(int64(cap(buf)), n)])
		buf = buf[:len(buf)+k]
		if err != nil && int64(len(buf)) < n {
			return nil, m.cut(err)
		}
	}
	return buf, nil
}

func (m *arrowMessages) cut(err error) error {
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return errArrowCut
	}
	return err
}

// arrowRoom is an allocator that gives a batch no more memory than its size on
// disk warrants.
type arrowRoom struct {
	memory.GoAllocator
	left int64
}

func (a *arrowRoom) Allocate(size int) []byte {
	if a.left -= int64(size); a.left < 0 {
		panic(errArrowUnpack)
	}
	return a.GoAllocator.Allocate(size)
}

func (a *arrowRoom) Reallocate(size int, b []byte) []byte {
	if size <= cap(b) && size >= 0 {
		return a.GoAllocator.Reallocate(size, b)
	}
	if a.left -= int64(size); a.left < 0 {
		panic(errArrowUnpack)
	}
	return a.GoAllocator.Reallocate(size, b)
}

// arrowReader reads the batches one after the other; each is a part.
type arrowReader struct {
	stream   io.ReadCloser
	messages *arrowMessages
	ipc      *ipc.Reader
	columns  []*arrowColumn
}

func openArrow(in *flowlog.Input, opt *flowlog.Options) (flowlog.Reader, error) {
	stream, err := in.Stream()
	if err != nil {
		return nil, err
	}
	r := &arrowReader{stream: stream, messages: &arrowMessages{r: bufio.NewReaderSize(stream, 1<<18), room: &arrowRoom{left: arrowSpare}}}
	if err := r.open(opt); err != nil {
		stream.Close()
		return nil, err
	}
	return r, nil
}

func (r *arrowReader) open(opt *flowlog.Options) error {
	magic, err := r.messages.r.Peek(len(arrowMagic))
	if err == nil && string(magic) == arrowMagic {
		r.messages.file = true
		if _, err := r.messages.r.Discard(len(arrowMagic)); err != nil {
			return err
		}
	}
	if opt.NoteVersion("stream"); r.messages.file {
		opt.NoteVersion("file")
	}
	r.ipc, err = ipc.NewReaderFromMessageReader(r.messages, ipc.WithAllocator(r.messages.room))
	if err != nil {
		return r.explain(err)
	}
	r.columns, err = arrowColumns(r.ipc.Schema(), opt)
	return err
}

// explain prefers what was found wrong here to what the library made of it.
func (r *arrowReader) explain(err error) error {
	switch {
	case r.messages.err != nil:
		return r.messages.err
	case r.messages.room.left < 0:
		return errArrowUnpack
	}
	return fmt.Errorf("corrupt: %w", err)
}

func (r *arrowReader) Next() (flowlog.Part, error) {
	for {
		record, err := r.ipc.Read()
		if err == io.EOF && r.messages.err == nil && r.messages.ended {
			return nil, io.EOF
		}
		if err != nil {
			return nil, r.explain(err)
		}
		if record.NumRows() == 0 {
			continue
		}
		for _, c := range r.columns {
			if err := c.learn(record.Column(c.index)); err != nil {
				return nil, err
			}
		}
		record.Retain()
		return &arrowPart{record, r.columns}, nil
	}
}

func (r *arrowReader) Close() error { return r.stream.Close() }

// arrowPart is one record batch.
type arrowPart struct {
	record  arrow.Record
	columns []*arrowColumn
}

// Read hands the batch's rows to the worker.
func (p *arrowPart) Read(w *flowlog.Worker) error {
	cells := make([]arrowCell, len(p.columns))
	for i, c := range p.columns {
		cells[i] = c.bind(w, p.record.Column(c.index))
	}
	for i := range int(p.record.NumRows()) {
		w.Zero(w.Filled, 1)
		reason := ""
		for _, cell := range cells {
			if r := cell(i, w.Filled); r != "" && (reason == "" || r == flowlog.NoAddress) {
				reason = r
			}
		}
		switch reason {
		case "":
			if w.Filled++; w.Filled == len(w.Columns.Time) {
				if err := w.Flush(); err != nil {
					return err
				}
			}
		case flowlog.NoAddress:
			w.Other()
		default:
			if err := w.Bad(p.text(i), reason); err != nil {
				return err
			}
		}
		w.Lines(1)
	}
	return nil
}

// text is a row for people.
func (p *arrowPart) text(row int) []byte {
	var b []byte
	for i, c := range p.columns {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, p.record.Column(c.index).ValueStr(row)...)
	}
	return b
}
