package flowlog

import "bytes"

// recognise finds out what an input is. One from a directory is opened too, to see
// whether it can be read.
func (in *Input) recognise(opt *Options, known *headers) (err error) {
	defer func() {
		if err != nil {
			err = in.Place(err)
		}
	}()
	defer guard(&err)
	if err := in.probe(); err != nil {
		return err
	}
	if in.Format = known.formatOf(in.Head); in.Format != nil { // Fast path
		return nil
	}
	if in.Format, err = formatOf(in, opt); err != nil {
		return err
	}
	in.names = in.Format.Names != nil && in.Format.Names(in.Head)
	if in.listed {
		if err := in.try(*opt); err != nil {
			return err
		}
	}
	known.add(in)
	return nil
}

// headers are the headers of the inputs so far that tell by themselves what an input
// is: the next one that begins with the same bytes is the same. Many inputs of a log
// are of few kinds.
type headers []knownHeader

type knownHeader struct {
	text   []byte
	format *Format
}

// maxHeaders is how many headers are compared with the beginning of an input: more take
// longer than looking at it.
const maxHeaders = 64

func (h headers) formatOf(head Head) *Format {
	for _, k := range h {
		if bytes.HasPrefix(head, k.text) {
			return k.format
		}
	}
	return nil
}

func (h *headers) add(in *Input) {
	if in.Format.Header == nil || len(in.wraps) > 0 || len(*h) == maxHeaders {
		return
	}
	if n := in.Format.Header(in.Head); n > 0 {
		*h = append(*h, knownHeader{bytes.Clone(in.Head[:n]), in.Format})
	}
}
