package arrowlog

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"beacon/internal/flowlog/stored"
)

const (
	fileMagic    = "ARROW1\x00\x00"
	footerMagic  = "ARROW1"
	footerTail   = 10         // bytes behind the footer: its length, the magic
	maxMeta      = 64 << 20   // bytes of a message's metadata
	maxBody      = 2 << 30    // bytes of a record batch, as stored
	takeStep     = 1 << 20    // bytes of a stream that are made room for at once
	continuation = 0xffffffff // stands before a message's length; absent before Arrow 0.15
	bodyPad      = 16         // bytes behind a buffer that may be loaded and mean nothing
	maxPadding   = 64         // more bytes between the last message and the footer may be a message; also what Arrow pads to at most
)

// Types of messages (Message.fbs).
const (
	schemaMessage     = 1
	dictionaryMessage = 2
	batchMessage      = 3
)

var (
	errCut     = errors.New("cut off: the Arrow stream ends within a message")
	errSize    = fmt.Errorf("a record batch is larger than beacon reads (%d GiB)", maxBody>>30)
	errEarly   = errors.New("corrupt: the Arrow stream ends before its batches do")
	errFooter  = errors.New("corrupt: the footer of the Arrow file can't be read")
	errSchemas = errors.New("corrupt: the schema at the beginning of the Arrow file is not that of its footer")
	errListed  = errors.New("corrupt: the batches of the Arrow file are not those that its footer lists")
)

// input is the source of messages, which are read from its beginning on.
type input interface {
	// take reads the next n bytes; io.EOF where there is none, errCut where there
	// are fewer.
	take(n int64) ([]byte, error)
	// body passes over the next n bytes, which can be read later.
	body(n int64) (body, error)
	// rest reads what is left, of a file no more than its footer, its length and the
	// magic behind it, and returns how many bytes it left out before them. read is what
	// was read already.
	rest(read []byte) (tail []byte, skipped int64, err error)
	// at returns the place of the next byte.
	at() int64
}

// body is the buffers of a message: in memory, or in a file that is to be opened
// again to read them.
type body struct {
	mem  []byte // with bodyPad bytes behind it
	file bool
	off  int64 // in the file
	size int64

	fetched *stored.Fetched // the wanted buffers, of a file in a store
}

// fileInput reads a file at any place.
type fileInput struct {
	from     io.ReaderAt
	pos, end int64
}

func (f *fileInput) at() int64 { return f.pos }

func (f *fileInput) take(n int64) ([]byte, error) {
	switch {
	case f.pos == f.end && n > 0:
		return nil, io.EOF
	case n > f.end-f.pos:
		return nil, errCut
	}
	p := make([]byte, n)
	if err := readAt(f.from, p, f.pos); err != nil {
		return nil, err
	}
	f.pos += n
	return p, nil
}

func (f *fileInput) body(n int64) (body, error) {
	if n > f.end-f.pos {
		return body{}, errCut
	}
	b := body{file: true, off: f.pos, size: n}
	f.pos += n
	return b, nil
}

func (f *fileInput) rest(read []byte) ([]byte, int64, error) {
	left := f.end - f.pos + int64(len(read))
	tail := make([]byte, min(footerTail, left))
	if err := readAt(f.from, tail, f.end-int64(len(tail))); err != nil || len(tail) < footerTail {
		return tail, 0, err
	}
	n := int64(binary.LittleEndian.Uint32(tail)) + footerTail
	if n > left || n > maxMeta {
		return tail, left - footerTail, nil
	}
	p := make([]byte, n)
	return p, left - n, readAt(f.from, p, f.end-n)
}

// footer returns the footer, whatever was read already.
func (f *fileInput) footer() ([]byte, error) {
	rest, _, err := f.rest(nil)
	if err != nil {
		return nil, err
	}
	return footerOf(rest)
}

func readAt(from io.ReaderAt, p []byte, at int64) error {
	n, err := from.ReadAt(p, at)
	switch {
	case n == len(p):
		return nil
	case err == nil || err == io.EOF:
		return errors.New("the file grew shorter while it was read")
	}
	return err
}

// streamInput reads a pipe or a compressed file.
type streamInput struct {
	r   *bufio.Reader
	pos int64
}

func (s *streamInput) at() int64 { return s.pos }

// take makes room as bytes arrive, whatever n claims.
func (s *streamInput) take(n int64) ([]byte, error) {
	buf := make([]byte, 0, min(n, takeStep)+bodyPad)
	for int64(len(buf)) < n {
		if len(buf)+bodyPad >= cap(buf) {
			grown := make([]byte, len(buf), min(n, 2*int64(cap(buf)))+bodyPad)
			copy(grown, buf)
			buf = grown
		}
		k, err := s.r.Read(buf[len(buf):min(int64(cap(buf)-bodyPad), n)])
		buf = buf[:len(buf)+k]
		s.pos += int64(k)
		switch {
		case err == nil || int64(len(buf)) == n:
		case err == io.EOF && len(buf) > 0:
			return nil, errCut
		default:
			return nil, err
		}
	}
	return buf, nil
}

func (s *streamInput) body(n int64) (body, error) {
	p, err := s.take(n)
	if err == io.EOF {
		err = errCut
	}
	return body{mem: p, size: n}, err
}

func (s *streamInput) rest(read []byte) ([]byte, int64, error) {
	rest, err := io.ReadAll(io.LimitReader(s.r, maxMeta))
	return append(read, rest...), 0, err
}

// message is one message of a stream.
type message struct {
	kind    byte
	version int16 // of the metadata
	header  fbTable
	body    body
}

// messages reads the messages of a file or stream one after the other.
type messages struct {
	in     input
	file   bool     // a footer follows them
	marked bool     // they begin with the continuation
	seen   [2][]int // places of the dictionaries and batches, of a file
	fields []*field // of the schema
}

// next returns the next message. At the end it is io.EOF, errUnmarked where a
// stream ends without saying so, or what is wrong with the end.
func (m *messages) next() (*message, error) {
	start := m.in.at()
	word, err := m.word()
	switch {
	case err == io.EOF && m.file:
		return nil, errEarly
	case err == io.EOF && m.marked:
		return nil, errUnmarked
	case err != nil: // the end of a stream goes unmarked before Arrow 0.15
		return nil, err
	case word == continuation:
		m.marked = true
		if word, err = m.word(); err != nil {
			return nil, cut(err)
		}
	case m.file && m.marked && word != 0: // not every writer (Go's does not) marks the end before the footer
		return nil, m.finish(binary.LittleEndian.AppendUint32(nil, word))
	}
	switch {
	case word == 0:
		return nil, m.finish(nil)
	case word > maxMeta:
		return nil, errMessage
	}
	meta, err := m.in.take(int64(word))
	if err != nil {
		return nil, cut(err)
	}
	msg, size, err := parseMessage(meta)
	if err != nil {
		return nil, err
	}
	if m.file && msg.kind != schemaMessage {
		m.seen[msg.kind-dictionaryMessage] = append(m.seen[msg.kind-dictionaryMessage], int(start))
	}
	msg.body, err = m.in.body(size)
	return msg, err
}

// errUnmarked is the end of a stream whose writer did not finish it.
var errUnmarked = &stored.DamageError{Whole: true, Err: errors.New("the Arrow stream ends without its end mark: it may have been cut off between two batches")}

func cut(err error) error {
	if err == io.EOF {
		return errCut
	}
	return err
}

func (m *messages) word() (uint32, error) {
	p, err := m.in.take(4)
	if err != nil {
		return 0, err
	}
	return binary.LittleEndian.Uint32(p), nil
}

// parseMessage reads a Message table and the length of its body.
func parseMessage(meta []byte) (msg *message, body int64, err error) {
	err = decode(func() error {
		t := fbRoot(meta)
		header, ok := t.table(2)
		msg, body = &message{kind: t.byte(1), version: t.short(0, 0), header: header}, t.long(3)
		switch {
		case !ok || msg.kind < schemaMessage || msg.kind > batchMessage || body < 0:
			return errMessage
		case body > maxBody:
			return errSize
		}
		return nil
	})
	return msg, body, err
}

// finish checks what stands behind the last message: of a file its footer, which
// lists the messages, of a stream nothing. It returns io.EOF where all is well.
// read is the bytes of the footer that were read already.
func (m *messages) finish(read []byte) error {
	rest, skipped, err := m.in.rest(read)
	switch {
	case err != nil:
		return err
	case !m.file && len(rest) > 0:
		return errEarly
	case !m.file:
		return io.EOF
	}
	footer, err := footerOf(rest)
	switch {
	case err != nil:
		return err
	case skipped+int64(len(rest)-footerTail-len(footer)) >= maxPadding:
		return errEarly
	}
	return m.checkFooter(footer)
}

// footerOf returns the footer at the end of a file.
func footerOf(rest []byte) ([]byte, error) {
	n := len(rest) - footerTail
	if n < 0 || string(rest[n+4:]) != footerMagic {
		return nil, errFooter
	}
	length := int(binary.LittleEndian.Uint32(rest[n:]))
	if length > n || length < 8 {
		return nil, errFooter
	}
	return rest[n-length : n], nil
}

// checkFooter compares the schema and the messages that were met with those of the
// footer. A footer may hold no schema.
func (m *messages) checkFooter(footer []byte) error {
	err := decode(func() error {
		t := fbRoot(footer)
		if schema, ok := t.table(1); ok {
			fields, err := parseSchema(schema)
			if err != nil || !sameFields(fields, m.fields) {
				return errSchemas
			}
		}
		for i, slot := range []int{2, 3} {
			blocks := t.longs(slot, 3) // place, length of the metadata, length of the body
			if len(blocks) != 3*len(m.seen[i]) {
				return errListed
			}
			for k, at := range m.seen[i] {
				if blocks[3*k] != int64(at) {
					return errListed
				}
			}
		}
		return nil
	})
	switch err {
	case nil:
		return io.EOF
	case errMessage:
		return errFooter
	}
	return err
}

// isStream tells whether a head begins with a schema message.
func isStream(head []byte) bool {
	if len(head) < 16 || binary.LittleEndian.Uint32(head) != continuation {
		return false
	}
	size := binary.LittleEndian.Uint32(head[4:])
	if size < 8 || size > maxMeta {
		return false
	}
	msg, _, err := parseMessage(head[8:min(len(head), 8+int(size))])
	return err == nil && msg.kind == schemaMessage
}

func isFile(head []byte) bool { return bytes.HasPrefix(head, []byte(fileMagic)) }
