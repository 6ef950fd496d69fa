package watch

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"time"

	"beacon/internal/flowlog"
	"beacon/internal/flowlog/stored"
)

// errPacked says that standard input is compressed: it can't be read piece by piece.
var errPacked = errors.New("standard input is compressed or binary: unpack it first, as zcat does")

// stream is standard input.
type stream struct {
	blocks chan []byte // closed at the end
	text   []byte      // not taken yet
	head   []byte      // the first bytes of the stream
	since  time.Time   // when the first block came
	source *source     // nil until it is known what the text is
	skip   int64       // bytes to leave out: they were read before
	ended  bool
}

// Blocks of a stream, in bytes, and how many may wait: a writer faster than the reader waits.
const (
	streamBlock = 1 << 20
	streamQueue = 16
)

func newStream(r io.Reader) *stream {
	s := &stream{blocks: make(chan []byte, streamQueue)}
	go func() {
		defer close(s.blocks)
		for {
			block := make([]byte, streamBlock)
			n, err := r.Read(block)
			if n > 0 {
				s.blocks <- block[:n]
			}
			if err != nil {
				return
			}
		}
	}()
	return s
}

// receive takes a block of standard input; ok is false at its end.
func (w *Watcher) receive(block []byte, ok bool) {
	t := w.stream
	t.ended = !ok
	t.text = append(t.text, block...)
	t.head = append(t.head, block[:min(len(block), maxBeginning-len(t.head))]...)
}

// drain takes what has come from standard input. got says whether anything has; the last
// line without an end is taken at the end of the stream only.
func (w *Watcher) drain() (got bool, err error) {
	t := w.stream
	if t == nil || t.ended && len(t.text) == 0 {
		return false, nil
	}
	for len(t.text) < pullText && !t.ended {
		select {
		case block, ok := <-t.blocks:
			got = true
			w.receive(block, ok)
			continue
		default:
		}
		break
	}
	if len(t.text) == 0 {
		return got, nil
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if t.ended && len(t.text) > 0 && t.text[len(t.text)-1] != '\n' {
		t.text = append(t.text, '\n')
		defer func() {
			if t.source != nil {
				t.source.Read-- // it wasn't read
			}
		}()
	}
	if t.source == nil {
		if err := w.adoptStream(t); t.source == nil {
			return got, err
		}
	}
	n := min(t.skip, int64(len(t.text)))
	t.skip -= n
	t.text = t.text[n:]
	for {
		end := min(len(t.text), frameText)
		end = bytes.LastIndexByte(t.text[:end], '\n') + 1
		if end == 0 {
			end = bytes.IndexByte(t.text, '\n') + 1 // a line longer than a frame, or none
		}
		if end == 0 && len(t.text) > flowlog.MaxLine {
			return got, fmt.Errorf("%s: %w", streamName, flowlog.ErrLongLine)
		}
		if end == 0 {
			break
		}
		if err := w.take(t.source, t.text[:end], int64(end)); err != nil {
			if t.ended {
				return got, err
			}
			w.fault(err) // it is tried again; meanwhile the writer waits
			break
		}
		w.begins(t.source, t.head)
		t.text = t.text[end:]
	}
	t.text = bytes.Clone(t.text)
	return got, nil
}

// streamName is what standard input is called.
const streamName = "standard input"

// adoptStream finds out what comes from standard input. A stream that begins as one did
// that was read before is read on from there.
func (w *Watcher) adoptStream(t *stream) error {
	if t.since.IsZero() {
		t.since = w.now()
	}
	if _, packed := stored.CodecOf(t.head); packed || binary(t.head) {
		return errPacked
	}
	s, maybe := w.known(t.head, nil)
	if s != nil {
		t.source, t.skip = s, s.Read
		return nil
	}
	if maybe && !t.ended && w.now().Sub(t.since) < w.opt.Settle {
		return nil
	}
	text := t.text[:min(len(t.text), adoptText)]
	text = text[:bytes.LastIndexByte(text, '\n')+1]
	if len(text) == 0 {
		return nil
	}
	whole := t.ended || len(t.text) >= adoptText
	header, flows, err := w.recognise(text)
	if err != nil {
		if whole {
			return named(err, streamName)
		}
		return nil
	}
	if flows || whole {
		t.source = w.newSource(streamName, header)
	}
	return nil
}
