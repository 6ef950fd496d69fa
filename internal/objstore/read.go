package objstore

import (
	"errors"
	"fmt"
	"io"

	"beacon/internal/flowlog"
	"beacon/internal/flowlog/stored"
)

// Read returns the one object that a URL names. One of more than so many bytes is an error.
// The URL is for the caller to name.
func (s *Store) Read(arg string, most int64) ([]byte, error) {
	text, err := s.read(arg, most)
	var placed *flowlog.InputError
	if errors.As(err, &placed) {
		err = &flowlog.InputError{Err: placed.Err, Hint: placed.Hint}
	}
	return text, err
}

func (s *Store) read(arg string, most int64) ([]byte, error) {
	found, err := s.Find(arg, stored.Wanted{})
	if err != nil {
		return nil, err
	}
	switch {
	case len(found.Objects) > 1 || found.Listed:
		return nil, &flowlog.InputError{Err: errors.New("the URL names a prefix, not one object")}
	case found.Objects[0].Size() > most:
		return nil, &flowlog.InputError{Err: fmt.Errorf("larger than %d MiB", most>>20)}
	}
	r := found.Objects[0].Range(0, found.Objects[0].Size())
	defer r.Close()
	return io.ReadAll(r)
}
