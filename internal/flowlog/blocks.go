package flowlog

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"beacon/internal/flowlog/stored"
)

// BlockSize is the number of bytes of text in one part, give or take a line. At
// 1 MiB the cost of scheduling a part is small and the part fits into the second-level
// cache while it is parsed. Tests make it smaller.
var BlockSize = 1 << 20

// BlockPad is the number of bytes that may be read past the end of a block's text, so
// that words of eight bytes can be loaded anywhere in it.
const BlockPad = 64

// MaxLine is the longest line that is read; a longer one means that the input
// has no lines.
const MaxLine = 16 << 20

var ErrLongLine = fmt.Errorf("a line is longer than %d MiB: not a text log", MaxLine>>20)

// ParseBlock parses whole lines and counts them by Worker.Lines. text has BlockPad
// bytes of capacity past its length.
type ParseBlock func(w *Worker, text []byte) error

// ReadText returns a reader that cuts a text log into blocks of whole lines, which
// several workers parse at once. skip is the number of bytes of header at the
// beginning that parse must not see, and lines the number of lines in them.
func ReadText(in *Input, skip int64, lines int64, parse ParseBlock) (Reader, error) {
	parse = tapped(bytes.Clone(in.Head[:min(skip, int64(len(in.Head)))]), parse)
	if size, ok := in.Plain(); ok && !in.Remote() {
		b := &fileBlocks{file: in.file, size: size, at: skip, start: skip, lines: lines, parse: parse}
		if size == int64(len(in.Head)) && size-skip <= int64(BlockSize) {
			b.whole, b.frees = in.Head, in.frees()
		}
		return b, nil
	}
	stream, err := in.Stream()
	if err != nil {
		return nil, err
	}
	return NewStreamBlocks(stream, skip, lines, WholeLines, parse), nil
}

// cutter returns how many bytes from the beginning of a text are whole records.
type cutter func(text []byte) int

func WholeLines(text []byte) int { return bytes.LastIndexByte(text, '\n') + 1 }

// Fast path: a plain file's blocks are ranges of bytes; each worker reads its
// own, from the first line that starts in the range to the end of the last. A
// part may be read after the reader was closed.
type fileBlocks struct {
	file  *stored.File
	size  int64
	at    int64 // start of the next range
	start int64 // start of the first
	lines int64 // header lines before it
	parse ParseBlock
	whole Head // a file of one block, as it was opened; nil for a larger one
	frees bool // see Input.frees
}

func (b *fileBlocks) Next() (Part, error) {
	if b.at >= b.size {
		return nil, io.EOF
	}
	p := &fileBlock{b, b.at, min(b.at+int64(BlockSize), b.size)}
	b.at = p.end
	return p, nil
}

func (b *fileBlocks) Close() error { return nil }

func (b *fileBlocks) detached() bool { return b.whole != nil }

type fileBlock struct {
	*fileBlocks
	begin, end int64
}

func (p *fileBlock) Read(w *Worker) error {
	if p.whole != nil { // Fast path: many small files
		w.Lines(p.lines)
		text := w.copied(p.whole[p.begin:])
		if p.frees {
			stored.FreeHead(p.whole)
		}
		return p.parse(w, text)
	}
	file, err := p.file.Begin()
	if err != nil {
		return WithoutPath(err)
	}
	defer file.Close()
	from := p.begin
	if from > p.start {
		from-- // the byte before tells whether a line starts at begin
	}
	text, err := p.load(w, file, from)
	if err != nil {
		return err
	}
	if from < p.begin {
		nl := bytes.IndexByte(text, '\n')
		if nl < 0 || from+int64(nl)+1 >= p.end {
			return nil // no line starts here
		}
		text = text[nl+1:]
	} else {
		w.Lines(p.lines)
	}
	return p.parse(w, text)
}

// readAlign is the size of a cache line: a block lies in memory as it does in the file, but for
// a multiple of so many bytes.
//
// Note: AMD's processors copy at a quarter of their speed to a place a few bytes further behind
// the beginning of a page than where they copy from. Without it, a block being read from the
// byte before it, that was every block of a log without a header: JSON lines took 1.6 times
// the CPU.
const readAlign = 64

// load returns the text from a place to the end of the line that lies over p.end.
//
// Note: a block that is mapped, privately, instead of read took .98 to 1.02 of the main job's CPU
// on the office CSV, populated at once 1.06 to 1.09: not worth a fault where the file shrinks.
func (p *fileBlock) load(w *Worker, file io.ReaderAt, from int64) ([]byte, error) {
	lead := int(from % readAlign)
	origin := from - int64(lead) // place in the file of w.block[0]
	want := int(p.end - origin)
	w.room(want + 4<<10)
	n, err := file.ReadAt(w.block[lead:want], from)
	if n += lead; n < want {
		if err == io.EOF {
			err = stored.ErrShrunk
		}
		return nil, WithoutPath(err)
	}
	if from < p.begin && bytes.IndexByte(w.block[lead:n-1], '\n') < 0 {
		return w.block[lead:n], nil // no line starts here: the one that lies over it is another block's
	}
	for step := 4 << 10; w.block[n-1] != '\n'; step = min(2*step, 1<<20) {
		if n-lead > MaxLine {
			return nil, ErrLongLine
		}
		if len(w.block) < n+step+BlockPad {
			w.room(n + max(step, n/2))
		}
		k, err := file.ReadAt(w.block[n:n+step], origin+int64(n))
		if nl := bytes.IndexByte(w.block[n:n+k], '\n'); nl >= 0 {
			n += nl + 1
			break
		}
		n += k
		if err == io.EOF || k == 0 {
			break
		}
		if err != nil {
			return nil, WithoutPath(err)
		}
	}
	return w.block[lead:n], nil
}

// room grows the worker's block to n bytes and the padding.
func (w *Worker) room(n int) {
	if len(w.block) < n+BlockPad {
		grown := make([]byte, max(n+BlockPad, BlockSize+BlockSize/8))
		copy(grown, w.block)
		w.block = grown
	}
}

// copied returns a copy of a text in the worker's block.
func (w *Worker) copied(text []byte) []byte {
	w.room(len(text))
	return w.block[:copy(w.block, text)]
}

// Slow path: a stream's blocks are cut by one goroutine that reads ahead of
// the workers.
type StreamBlocks struct {
	stream io.ReadCloser
	blocks chan *StreamBlock
	stop   chan struct{}
	begin  func() // begins to fill blocks; nil once it did
	err    error  // after blocks is closed
	whole  bool   // the only block is in memory, and not of a buffer
	head   []byte // which it is of, if its room may be used again
}

type StreamBlock struct {
	from  *StreamBlocks
	buf   []byte // with padding; nil for a text that is copied before it is parsed
	Text  []byte
	lines int64
	Parse ParseBlock
}

// readAhead is the number of blocks of a stream that wait for the workers.
const readAhead = 2

// freeBlocks holds buffers of blocks that were parsed, for the blocks to come: of all
// streams, for a log may be thousands of small files.
var freeBlocks = make(chan []byte, 4*readAhead)

func NewStreamBlocks(stream io.ReadCloser, skip, lines int64, cut cutter, parse ParseBlock) *StreamBlocks {
	b := &StreamBlocks{stream: stream, blocks: make(chan *StreamBlock, readAhead), stop: make(chan struct{})}
	if t, ok := stream.(*wholeText); ok && len(t.text) <= BlockSize { // Fast path: many small files
		b.whole = true
		if text := t.text[min(int(skip), len(t.text)):]; len(text) > 0 {
			b.blocks <- &StreamBlock{b, nil, text, lines, parse}
			if t.frees {
				b.head = t.text
			}
		}
		close(b.blocks)
		return b
	}
	b.begin = func() { go b.cut(skip, lines, cut, parse) }
	return b
}

// start begins to read ahead, as the first call of Next does otherwise: many an input is
// opened only to see what it is.
func (b *StreamBlocks) start() {
	if b.begin != nil {
		b.begin()
		b.begin = nil
	}
}

// cut fills blocks until the stream ends.
func (b *StreamBlocks) cut(skip, lines int64, whole cutter, parse ParseBlock) {
	defer close(b.blocks)
	defer func() {
		if p := recover(); p != nil {
			b.err = fmt.Errorf("corrupt: %v", p)
		}
	}()
	if _, err := io.CopyN(io.Discard, b.stream, skip); err != nil && err != io.EOF {
		b.err = err
		return
	}
	var rest []byte // of the last block: the beginning of a line
	for {
		buf := blockBuffer(len(rest) + BlockSize)
		n := copy(buf, rest)
		k, err := stored.ReadFull(b.stream, buf[n:len(buf)-BlockPad])
		n += k
		end := n
		var damage *stored.DamageError
		switch {
		case err == nil:
			end = whole(buf[:n])
		case err == io.EOF:
		case errors.As(err, &damage) && !damage.Whole: // the last record is cut off
			end = whole(buf[:n])
			b.err = err
		default:
			b.err = err
		}
		rest = append(rest[:0], buf[end:n]...)
		if len(rest) > MaxLine {
			b.err = ErrLongLine
			return
		}
		if end > 0 {
			select {
			case b.blocks <- &StreamBlock{b, buf, buf[:end], lines, parse}:
				lines = 0
			case <-b.stop:
				reuse(buf)
				return
			}
		}
		if err != nil {
			return
		}
	}
}

// blockBuffer returns n bytes and the padding. What they hold means nothing.
//
// A buffer that is used again may be larger, and isn't to be filled further for it: a log is
// cut at the same places each time it is read, and what a second reading passes over was
// counted by the parts of the first.
func blockBuffer(n int) []byte {
	select {
	case buf := <-freeBlocks:
		if cap(buf) >= n+BlockPad {
			return buf[:n+BlockPad]
		}
	default:
	}
	return make([]byte, n+BlockPad, n+n/16+BlockPad)
}

// reuse hands a buffer back.
func reuse(buf []byte) {
	if buf == nil {
		return
	}
	select {
	case freeBlocks <- buf:
	default:
	}
}

func (b *StreamBlocks) Next() (Part, error) {
	b.start()
	block, ok := <-b.blocks
	if ok {
		return block, nil
	}
	if b.err != nil {
		return nil, b.err
	}
	return nil, io.EOF
}

func (b *StreamBlocks) detached() bool { return b.whole }

func (b *StreamBlocks) Close() error {
	if b.begin != nil {
		return b.stream.Close()
	}
	close(b.stop)
	for block := range b.blocks { // until the cutter is done with the stream
		reuse(block.buf)
	}
	return b.stream.Close()
}

func (p *StreamBlock) Read(w *Worker) error {
	w.Lines(p.lines)
	if p.buf == nil {
		text := w.copied(p.Text)
		stored.FreeHead(p.from.head)
		return p.Parse(w, text)
	}
	err := p.Parse(w, p.Text)
	reuse(p.buf)
	return err
}

// EachLine calls do for each line of text, without its end, after counting the
// lines before it; an empty line is only counted.
func EachLine(w *Worker, text []byte, do func(line []byte) error) error {
	for len(text) > 0 {
		line := text
		if nl := bytes.IndexByte(text, '\n'); nl >= 0 {
			line, text = text[:nl], text[nl+1:]
		} else {
			text = nil
		}
		if n := len(line); n > 0 && line[n-1] == '\r' {
			line = line[:n-1]
		}
		if len(line) > 0 {
			if err := do(line); err != nil {
				return err
			}
		}
		w.Lines(1)
	}
	return nil
}
