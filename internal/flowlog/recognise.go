package flowlog

import "sync/atomic"

// recognise finds out what an input is, which was probed. One from a directory is opened too, to
// see whether it can be read. first is false where one that is written alike was before it.
func (in *Input) recognise(opt *Options, known *kinds) (first bool, err error) {
	defer func() {
		if err != nil {
			err = in.Place(err)
		}
	}()
	defer guard(&err)
	if in.kind = known.of(in.Head); in.kind != nil { // Fast path
		in.Format, in.names = in.kind.format, in.kind.names
		return false, nil
	}
	if in.Format, err = formatOf(in, opt); err != nil {
		return true, err
	}
	in.names = in.Format.Names != nil && in.Format.Names(in.Head)
	if in.listed {
		if err := in.try(*opt); err != nil {
			return true, err
		}
	}
	in.kind = known.add(in)
	return true, nil
}

// kind holds what inputs have in common that are written alike. An input that can't tell of
// others is a kind of its own.
type kind struct {
	alike  func(Head) bool // see Format.Alike; nil for a kind of one input
	format *Format
	names  bool   // see Input
	named  answer // whether its records may have names
	found  atomic.Pointer[found]
}

// found holds what a reading found in a header.
type found struct {
	opt   *Options
	value any
}

// answer tells what is known about a question.
type answer uint8

const (
	unasked answer = iota
	yes
	no
)

// kinds are those of the inputs so far that tell of others. Many inputs of a log are of few
// kinds.
type kinds []*kind

// maxKinds is how many kinds are compared with the beginning of an input: more take
// longer than looking at it.
const maxKinds = 64

func (list kinds) of(head Head) *kind {
	for _, k := range list {
		if k.alike(head) {
			return k
		}
	}
	return nil
}

func (list *kinds) add(in *Input) *kind {
	k := &kind{format: in.Format, names: in.names}
	if in.Format.Alike == nil || len(in.wraps) > 0 || len(*list) == maxKinds {
		return k
	}
	if k.alike = in.Format.Alike(in.Head); k.alike != nil {
		*list = append(*list, k)
	}
	return k
}

// Found returns what find finds in the header of an input: once in a reading, which opt is of,
// for all inputs that are alike.
func (in *Input) Found(opt *Options, find func() (any, error)) (any, error) {
	if !in.frees() {
		return find()
	}
	if f := in.kind.found.Load(); f != nil && f.opt == opt {
		return f.value, nil
	}
	value, err := find()
	if err == nil {
		in.kind.found.Store(&found{opt, value})
	}
	return value, err
}

// frees tells whether the head of an input is looked at by its reader alone, which keeps
// nothing of it but the text that a part is of: its room may be used again then.
func (in *Input) frees() bool { return in.kind != nil && in.kind.alike != nil }
