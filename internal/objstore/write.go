package objstore

import (
	"context"
	"errors"
	"io"
	"strings"

	"github.com/minio/minio-go/v7"

	"beacon/internal/flowlog"
)

// partSize is the size of the parts that an object is written in, in bytes: one is held in
// memory, and a store takes 10,000, so that an object may be 160 GB.
const partSize = 16 << 20

// Write writes an object, whole or not at all: it is there once the store has all of it.
func (s *Store) Write(arg string, write func(io.Writer) error) error {
	at, err := parse(arg)
	if err != nil {
		return err
	}
	if at.key == "" || strings.HasSuffix(at.key, "/") {
		return &flowlog.InputError{Input: arg, Err: errors.New("the URL names no object"), Hint: "the form is s3://bucket/key"}
	}
	client, err := s.client(at.scheme)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(s.Context)
	defer cancel()
	from, to := io.Pipe()
	sent := make(chan error, 1)
	go func() {
		_, err := client.PutObject(ctx, at.bucket, at.key, from, -1, minio.PutObjectOptions{PartSize: partSize, ContentType: "application/octet-stream"})
		from.CloseWithError(errors.Join(err, io.ErrClosedPipe)) // the writer needn't go on
		sent <- err
	}()
	written := write(to)
	to.CloseWithError(written) // nil is the end of the object
	err = <-sent
	switch {
	case s.Context.Err() != nil:
		return s.Context.Err()
	case written != nil && !errors.Is(written, io.ErrClosedPipe):
		return written
	}
	return failed(arg, err)
}
