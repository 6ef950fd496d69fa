package report

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"beacon/internal/beacon"
)

// StoredError is that a file of findings can't be read.
type StoredError struct {
	Name string // of the file
	Line int    // of the object that is at fault, from 1: its last, or the first of what is no JSON; 0 where none is
	Err  error
	hint string
}

func (e *StoredError) Error() string {
	if e.Line == 0 {
		return fmt.Sprintf("reading findings from %s: %v", e.Name, e.Err)
	}
	return fmt.Sprintf("reading findings from %s, line %d: %v", e.Name, e.Line, e.Err)
}

func (e *StoredError) Unwrap() error { return e.Err }

// Hint is what to do about it.
func (e *StoredError) Hint() string { return e.hint }

// What to do about a file of findings that can't be read.
const (
	hintWrite  = "beacon detect LOG --rule rhythm -f ndjson -o findings.ndjson writes findings that can be decided again"
	hintBroken = "the file is damaged or was cut off: write it again with beacon detect LOG --rule rhythm -f ndjson"
	hintNewer  = "take the version of beacon that wrote it, or a newer one"
)

// faulty is an error about one object with what to do about it.
type faulty struct {
	error
	hint string
}

// jsonHead is what tells objects apart.
type jsonHead struct {
	Schema *int   `json:"schema"`
	Scope  string `json:"scope"`
	Group  string `json:"group"`
}

// ReadStored adds the findings of a json or ndjson file, told by its content, to those
// given, and returns how many objects it has. Rhythms that pairs share are left out:
// they follow from the pairs; rotations are not. Of destinations only what was written comes back: no
// series. The error is a *StoredError with the name given.
func ReadStored(fs *beacon.Findings, r io.Reader, name string) (objects int, err error) {
	fs.Stored = true
	text, err := io.ReadAll(r)
	if err != nil {
		return 0, &StoredError{Name: name, Err: err}
	}
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	decoder := json.NewDecoder(bytes.NewReader(text))
	objects, err = readObjects(fs, decoder, bytes.HasPrefix(bytes.TrimSpace(text), []byte("[")))
	end := int(decoder.InputOffset()) // of the last object that is JSON
	next := len(text) - len(bytes.TrimLeft(text[end:], " \t\r\n,"))
	var fault faulty
	switch {
	case err == nil && next == len(text):
		return objects, nil
	case err == nil:
		fault = faulty{errors.New("the array ends, and more follows"), hintBroken}
	case errors.As(err, &fault):
		next = end
	case objects == 0:
		fault = faulty{fmt.Errorf("not JSON: %w", err), hintWrite}
	default:
		fault = faulty{fmt.Errorf("not JSON: %w", err), hintBroken}
	}
	return objects, &StoredError{Name: name, Line: lineAt(text, next), Err: fault.error, hint: fault.hint}
}

// readObjects reads the objects of an array, or those that follow each other. Its error
// is the decoder's or a faulty.
func readObjects(fs *beacon.Findings, decoder *json.Decoder, array bool) (objects int, err error) {
	if array {
		if _, err := decoder.Token(); err != nil {
			return 0, err
		}
	}
	for ; !array || decoder.More(); objects++ {
		var object json.RawMessage
		if err := decoder.Decode(&object); err == io.EOF && !array {
			return objects, nil
		} else if err != nil {
			return objects, err
		}
		if err := readObject(fs, object); err != nil {
			return objects, err
		}
	}
	_, err = decoder.Token() // the array's end
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return objects, err
}

// lineAt returns the line of a place in a text, from 1.
func lineAt(text []byte, offset int) int { return 1 + bytes.Count(text[:offset], []byte("\n")) }

// readObject adds what an object of json or ndjson says to the findings. Its error is
// a faulty.
func readObject(fs *beacon.Findings, object json.RawMessage) error {
	var head jsonHead
	if err := json.Unmarshal(object, &head); err != nil || head.Schema == nil || head.Scope == "" {
		return faulty{errors.New("no finding of beacon: an object with schema and scope is looked for"), hintWrite}
	}
	if *head.Schema != SchemaVersion {
		return faulty{fmt.Errorf("a finding of schema %d; this beacon knows schema %d", *head.Schema, SchemaVersion), hintNewer}
	}
	switch {
	case head.Group != "" && (head.Scope == scopeDestination || head.Scope == scopeCompany):
		return readGroup(fs, object, head.Scope)
	case head.Scope == scopePair:
		return add(&fs.Pairs, object, readPair)
	case head.Scope == scopeCompany:
		return add(&fs.Company, object, readPair)
	case head.Scope == scopeDestination:
		return add(&fs.List, object, readDestination)
	}
	return faulty{fmt.Errorf("a finding of scope %q, which this beacon doesn't know", head.Scope), hintNewer}
}

func add[T any](list *[]T, object json.RawMessage, read func(json.RawMessage) (T, error)) error {
	v, err := read(object)
	if err == nil {
		*list = append(*list, v)
	}
	return err
}
