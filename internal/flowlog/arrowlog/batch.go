package arrowlog

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/bits"
	"sync"

	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"

	"beacon/internal/flowlog/claims"
)

// codec is how the buffers of a batch are compressed: CompressionType of Message.fbs.
type codec int8

const (
	codecNone codec = iota - 1
	codecLZ4
	codecZstd
)

// batch is the metadata of a record batch.
type batch struct {
	rows    int64
	nodes   []int64 // length and number of nulls, by field
	buffers []int64 // place and length, by buffer
	counts  []int64 // of the data buffers of each column of views
	codec   codec
	version int16
	body    body
}

var (
	errRows    = errors.New("corrupt: a column of the Arrow batch has another length than the batch")
	errBuffer  = errors.New("corrupt: a buffer of the Arrow batch is shorter than its column")
	errOutside = errors.New("corrupt: a buffer of the Arrow batch lies outside of it")
	errNulls   = errors.New("corrupt: a column of the Arrow batch has another number of nulls than it says")
	errText    = errors.New("corrupt: a text of the Arrow batch lies outside of its buffer")
)

// parseBatch reads a RecordBatch table of a message and compares it with the schema.
func parseBatch(msg *message, t fbTable, fields []*field) (*batch, error) {
	b := &batch{codec: codecNone, version: msg.version, body: msg.body}
	err := decode(func() error {
		b.rows = t.long(0)
		b.nodes, b.buffers, b.counts = t.longs(1, 2), t.longs(2, 2), t.longs(4, 1)
		if c, ok := t.table(3); ok {
			if b.codec = codec(c.byte(0)); b.codec > codecZstd || b.codec < 0 || c.byte(1) != 0 {
				return errors.New("the Arrow batch is compressed in a way that is unknown")
			}
		}
		for _, n := range b.counts {
			if n < 0 || n > int64(len(b.buffers)) {
				return errMessage
			}
		}
		if err := outside(b.body, b.buffers); err != nil {
			return err
		}
		var c cursor
		for _, f := range fields {
			if b.rows < 0 || b.nodes[2*c.node] != b.rows {
				return errRows
			}
			f.skip(&c, b.counts, b.version)
		}
		if 2*c.node != len(b.nodes) || 2*c.buffer != len(b.buffers) {
			return fmt.Errorf("corrupt: the Arrow batch has %d columns and %d buffers where its schema has %d and %d", len(b.nodes)/2, len(b.buffers)/2, c.node, c.buffer)
		}
		return nil
	})
	return b, err
}

// outside returns errOutside where one of the buffers, each a place and a length, is not
// in the body. An empty buffer may stand anywhere.
func outside(in body, buffers []int64) error {
	for i := 0; i < len(buffers); i += 2 {
		if off, size := buffers[i], buffers[i+1]; off < 0 || size < 0 || size > 0 && size > in.size-off {
			return errOutside
		}
	}
	return nil
}

// vector is the values of a column of a batch. What it holds is checked: each index
// below n can be read.
type vector struct {
	*field
	n       int
	valid   []byte // a bit for each value that is no null; nil where there are no nulls
	data    []byte // values of fixed width, or views
	offsets []byte // of texts, 4 or 8 bytes each
	text    []byte
	blocks  [][]byte // of views
	dict    *dictionary
}

func (v *vector) null(i int) bool { return v.valid != nil && v.valid[i>>3]>>(i&7)&1 == 0 }

// loader reads the wanted columns of batches, one batch at a time, into room that it
// uses again.
type loader struct {
	from  io.ReaderAt // of a batch that lies in a file
	claim *claims.Claim
	rooms [][]byte
	next  int // of rooms
	b     *batch
}

func (l *loader) begin(from io.ReaderAt, b *batch, claim *claims.Claim) {
	l.from, l.b, l.claim, l.next = from, b, claim, 0
	for i, room := range l.rooms {
		if len(room) > maxKept {
			l.rooms[i] = nil
		}
	}
}

// maxKept is the largest room that is kept for the next batch, in bytes.
const maxKept = 4 << 20

// room makes room for n bytes, with bodyPad bytes behind them.
func (l *loader) room(n int64) ([]byte, error) {
	if err := l.claim.Grow(n); err != nil {
		return nil, err
	}
	if l.next == len(l.rooms) {
		l.rooms = append(l.rooms, nil)
	}
	p := l.rooms[l.next]
	if int64(len(p)) < n+bodyPad {
		p = make([]byte, n+bodyPad)
		l.rooms[l.next] = p
	}
	l.next++
	return p[:n], nil
}

// load reads the column at a place of the batch.
func (l *loader) load(f *field, c cursor) (v *vector, err error) {
	if c.node*2 >= len(l.b.nodes) {
		return nil, errMessage
	}
	n, nulls := l.b.nodes[2*c.node], l.b.nodes[2*c.node+1]
	if n > maxBody {
		return nil, errRows
	}
	v = &vector{field: f, n: int(n)}
	if f.dict >= 0 {
		index := *f.index
		index.dict = -1
		v.field = &index
	}
	if n == 0 {
		return v, nil
	}
	if v.valid, err = l.validity(c.buffer, n, nulls); err != nil {
		return nil, err
	}
	switch v.kind {
	case kindBinary, kindUtf8:
		err = l.texts(v, c.buffer+1, 4)
	case kindLargeBinary, kindLargeUtf8:
		err = l.texts(v, c.buffer+1, 8)
	case kindBinaryView, kindUtf8View:
		err = l.views(v, c.buffer+1, int(l.b.counts[c.view]))
	default:
		v.data, err = l.buffer(c.buffer+1, n*int64(v.width))
	}
	return v, err
}

// loadColumn reads a column at its place, see reader.place. It is null where a struct around it
// is.
func (l *loader) loadColumn(c *column, at []cursor) (*vector, error) {
	v, err := l.load(c.field, at[len(at)-1])
	if err != nil {
		return nil, err
	}
	if int64(v.n) != l.b.rows {
		return nil, errRows
	}
	for _, place := range at[:len(at)-1] {
		if l.b.nodes[2*place.node] != l.b.rows {
			return nil, errRows
		}
		valid, err := l.validity(place.buffer, l.b.rows, l.b.nodes[2*place.node+1])
		if err != nil {
			return nil, err
		}
		switch {
		case valid == nil:
		case v.valid == nil:
			v.valid = valid
		default:
			both := make([]byte, len(valid))
			for i := range both {
				both[i] = valid[i] & v.valid[i]
			}
			v.valid = both
		}
	}
	return v, nil
}

// validity reads a column's bitmap, nil where it has no nulls. The number of nulls in
// it must be what the column says, unless that is unknown (negative).
func (l *loader) validity(k int, n, nulls int64) ([]byte, error) {
	if l.b.buffers[2*k+1] == 0 {
		if nulls > 0 {
			return nil, errNulls
		}
		return nil, nil
	}
	p, err := l.buffer(k, (n+7)/8)
	if err != nil {
		return nil, err
	}
	set := int64(0)
	for _, x := range p[:n/8] {
		set += int64(bits.OnesCount8(x))
	}
	if n&7 != 0 {
		set += int64(bits.OnesCount8(p[n/8] << (8 - n&7)))
	}
	if nulls >= 0 && n-set != nulls {
		return nil, errNulls
	}
	if set == n {
		return nil, nil
	}
	return p, nil
}

// texts reads offsets of so many bytes, and the texts between them.
func (l *loader) texts(v *vector, k, width int) (err error) {
	if v.offsets, err = l.buffer(k, int64(v.n+1)*int64(width)); err != nil {
		return err
	}
	last := uint64(0)
	for i := range v.n + 1 {
		var at uint64
		if width == 4 {
			at = uint64(binary.LittleEndian.Uint32(v.offsets[4*i:]))
		} else {
			at = binary.LittleEndian.Uint64(v.offsets[8*i:])
		}
		if at < last || at > maxBody {
			return errText
		}
		last = at
	}
	v.text, err = l.buffer(k+1, int64(last))
	return err
}

// Views are of 16 bytes: a length, and a text of up to 12 bytes or its first 4 bytes,
// its block and its place in that.
const (
	viewSize   = 16
	viewInline = 12
)

// views reads views and the blocks that longer ones point into.
func (l *loader) views(v *vector, k, blocks int) (err error) {
	if v.data, err = l.buffer(k, int64(v.n)*viewSize); err != nil {
		return err
	}
	ends := make([]int64, blocks)
	for i := range v.n {
		view := v.data[viewSize*i:]
		size := binary.LittleEndian.Uint32(view)
		if size <= viewInline || v.null(i) {
			continue
		}
		block, at := binary.LittleEndian.Uint32(view[8:]), binary.LittleEndian.Uint32(view[12:])
		if uint64(block) >= uint64(blocks) || size > maxBody || at > maxBody {
			return errText
		}
		ends[block] = max(ends[block], int64(at)+int64(size))
	}
	v.blocks = make([][]byte, blocks)
	for i, end := range ends {
		if v.blocks[i], err = l.buffer(k+1+i, end); err != nil {
			return err
		}
	}
	return nil
}

// buffer reads the first need bytes of a buffer, decompressed.
func (l *loader) buffer(k int, need int64) ([]byte, error) {
	if 2*k+1 >= len(l.b.buffers) {
		return nil, errMessage
	}
	off, size := l.b.buffers[2*k], l.b.buffers[2*k+1]
	if need == 0 {
		return make([]byte, 0, bodyPad), nil
	}
	if l.b.codec == codecNone {
		if size < need {
			return nil, errBuffer
		}
		return l.stored(off, need)
	}
	p, err := l.stored(off, size)
	if err != nil {
		return nil, err
	}
	if len(p) < 8 {
		return nil, errBuffer
	}
	claim := int64(binary.LittleEndian.Uint64(p))
	p = p[8:]
	switch {
	case claim == -1: // stored as it is, since compressing it did not help
		if int64(len(p)) < need {
			return nil, errBuffer
		}
		return p[:need], nil
	case claim < need:
		return nil, errBuffer
	case claim > maxBody:
		return nil, errUnpack
	}
	out, err := l.room(claim)
	if err != nil {
		return nil, err
	}
	if err := unpack(l.b.codec, out, p); err != nil {
		return nil, fmt.Errorf("corrupt: decompressing a buffer: %w", err)
	}
	return out[:need], nil
}

// stored reads bytes of the body.
func (l *loader) stored(off, n int64) ([]byte, error) {
	if !l.b.body.file {
		return l.b.body.mem[off : off+n], nil
	}
	if l.b.body.fetched != nil {
		return l.b.body.fetched.Bytes(l.b.body.off+off, n)
	}
	p, err := l.room(n)
	if err != nil {
		return nil, err
	}
	return p, readAt(l.from, p, l.b.body.off+off)
}

var errUnpack = errors.New("it unpacks to another size than it says")

// unpack fills dst with what src decompresses to, which must be exactly that long.
func unpack(c codec, dst, src []byte) error {
	if c == codecZstd {
		got, err := zstds().DecodeAll(src, dst[:0:len(dst)])
		if err == nil && len(got) != len(dst) {
			err = errUnpack
		}
		return err
	}
	r, _ := lz4s.Get().(*lz4.Reader)
	if r == nil {
		r = lz4.NewReader(nil)
	}
	defer lz4s.Put(r)
	r.Reset(bytes.NewReader(src))
	if _, err := io.ReadFull(r, dst); err != nil {
		return err
	}
	var more [1]byte // reads on to the frame's end and its checksum
	switch n, err := r.Read(more[:]); {
	case n > 0:
		return errUnpack
	case err != nil && err != io.EOF:
		return err
	}
	return nil
}

var lz4s sync.Pool

// zstds is the decoder of all workers; it keeps one state for each.
var zstds = sync.OnceValue(func() *zstd.Decoder {
	d, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(0), zstd.WithDecoderMaxMemory(maxBody), zstd.WithDecodeAllCapLimit(true))
	if err != nil {
		panic(err)
	}
	return d
})
