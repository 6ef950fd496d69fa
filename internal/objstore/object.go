package objstore

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/minio/minio-go/v7"

	"beacon/internal/flowlog"
	"beacon/internal/flowlog/stored"
)

// object is an object of a store: a stored.Object.
type object struct {
	store *Store
	core  minio.Core
	place
	etag string
	size int64
	list *[]*object // that it stands in, to read ahead
	at   int        // its place there

	mu   sync.Mutex
	head chan headRead // of a request in progress, nil for none
}

type headRead struct {
	data []byte
	err  error
}

// Size implements stored.Object.
func (o *object) Size() int64 { return o.size }

// headsAhead is how many objects' beginnings are requested before they are asked for: a
// request takes some 30 ms, and a day of logs can be a thousand objects.
const headsAhead = 16

// Head implements stored.Object. The heads of the objects that follow are requested too.
func (o *object) Head() ([]byte, error) {
	for _, later := range (*o.list)[o.at:min(o.at+headsAhead, len(*o.list))] {
		later.requestHead()
	}
	o.mu.Lock()
	head := o.head
	o.head = nil
	o.mu.Unlock()
	if head == nil { // another reader took it
		head = o.readHead()
	}
	read := <-head
	return read.data, read.err
}

func (o *object) requestHead() {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.head == nil {
		o.head = o.readHead()
	}
}

func (o *object) readHead() chan headRead {
	c := make(chan headRead, 1)
	go func() {
		r := o.Range(0, min(o.size, stored.HeadSize))
		data, err := io.ReadAll(r)
		r.Close()
		c <- headRead{data, err}
	}()
	return c
}

// ReadAt implements io.ReaderAt by a request of its own.
func (o *object) ReadAt(p []byte, at int64) (int, error) {
	r := o.Range(at, min(at+int64(len(p)), o.size))
	defer r.Close()
	n, err := io.ReadFull(r, p)
	if err == io.ErrUnexpectedEOF {
		err = io.EOF
	}
	return n, err
}

// Range implements stored.Object.
func (o *object) Range(from, to int64) io.ReadCloser {
	ctx, cancel := context.WithCancel(o.store.Context)
	return &body{object: o, ctx: ctx, cancel: cancel, at: from, end: max(from, to)}
}

// body is the bytes of an object from a place on. When the connection breaks, it goes on
// with a new request where it was.
type body struct {
	*object
	ctx     context.Context
	cancel  context.CancelFunc
	at, end int64
	open    io.ReadCloser // the answer that is being read, nil for none
	failed  int           // requests that gave nothing, since the last that did
}

// A body's requests in a row that give nothing, after which it fails, and the pause after
// the second of them, which doubles.
const (
	bodyTries = 6
	bodyPause = 100 * time.Millisecond
)

// Read implements io.Reader.
func (b *body) Read(p []byte) (int, error) {
	for {
		if b.at >= b.end {
			return 0, io.EOF
		}
		n, err := b.read(p[:min(int64(len(p)), b.end-b.at)])
		b.at += int64(n)
		if n > 0 {
			b.failed = 0
			return n, nil // an error comes again
		}
		if err == nil {
			continue
		}
		b.Close()
		if b.failed++; b.failed == bodyTries || lasting(err) || b.store.Context.Err() != nil {
			return 0, b.fail(err)
		}
		if b.failed > 1 {
			pause := time.NewTimer(bodyPause << (b.failed - 2))
			select {
			case <-pause.C:
			case <-b.store.Context.Done():
			}
		}
		b.ctx, b.cancel = context.WithCancel(b.store.Context)
	}
}

// fail returns the error of the last request, in our words.
func (b *body) fail(err error) error {
	if cause := b.store.Context.Err(); cause != nil {
		return cause
	}
	if errors.Is(err, errCutOff) {
		return &flowlog.InputError{Input: b.url(b.key), Err: &stored.LostError{Text: "the connection to the store breaks again and again"}}
	}
	return failed(b.url(b.key), err)
}

var (
	errCutOff = errors.New("cut off")
	errOther  = errors.New("another answer than that of a store")
)

// read reads from the answer, or asks for one.
func (b *body) read(p []byte) (int, error) {
	if b.open == nil {
		options := minio.GetObjectOptions{}
		if err := options.SetRange(b.at, b.end-1); err != nil {
			return 0, err
		}
		if b.etag != "" {
			if err := options.SetMatchETag(b.etag); err != nil {
				return 0, err
			}
		}
		answer, info, header, err := b.core.GetObject(b.ctx, b.bucket, b.key, options)
		if err != nil {
			return 0, err
		}
		if b.at > 0 && !strings.HasPrefix(header.Get("Content-Range"), fmt.Sprintf("bytes %d-", b.at)) {
			answer.Close()
			return 0, errOther
		}
		if info.ETag != b.etag { // of a store that takes no notice of the condition
			answer.Close()
			return 0, minio.ErrorResponse{Code: "PreconditionFailed", StatusCode: http.StatusPreconditionFailed}
		}
		b.open = answer
	}
	stalled := time.AfterFunc(b.store.stallTimeout(), b.cancel)
	n, err := b.open.Read(p)
	stalled.Stop()
	if err == io.EOF && n == 0 || err != nil && b.store.Context.Err() == nil {
		err = errCutOff
	}
	return n, err
}

// Close implements io.Closer.
func (b *body) Close() error {
	b.cancel()
	if b.open == nil {
		return nil
	}
	err := b.open.Close()
	b.open = nil
	return err
}
