package cut

import (
	"io"

	"beacon/internal/flowlog"
)

// Readers of text whose records depend on what stands before them.

// ReadPlanned returns a reader of a text log whose lines are read by what stands
// before them, such as a line of column names. plan is called for each block, in
// the order of the log and by one goroutine at a time, and returns what parses it.
func ReadPlanned(in *flowlog.Input, skip, lines int64, plan func(text []byte) (flowlog.ParseBlock, error)) (flowlog.Reader, error) {
	stream, err := in.Stream()
	if err != nil {
		return nil, err
	}
	return &plannedBlocks{flowlog.NewStreamBlocks(stream, skip, lines, flowlog.WholeLines, nil), plan}, nil
}

type plannedBlocks struct {
	*flowlog.StreamBlocks
	plan func(text []byte) (flowlog.ParseBlock, error)
}

func (b *plannedBlocks) Next() (flowlog.Part, error) {
	part, err := b.StreamBlocks.Next()
	if err != nil {
		return nil, err
	}
	block := part.(*flowlog.StreamBlock)
	if block.Parse, err = b.plan(block.Text); err != nil {
		return nil, err
	}
	return block, nil
}

// ReadRecords returns a reader of a text log whose records are not lines: whole
// returns how many bytes of a text, from its beginning, are whole records.
func ReadRecords(in *flowlog.Input, whole func(text []byte) int, parse flowlog.ParseBlock) (flowlog.Reader, error) {
	stream, err := in.Stream()
	if err != nil {
		return nil, err
	}
	return flowlog.NewStreamBlocks(stream, 0, 0, whole, parse), nil
}

// ReadSerially returns a reader that hands out a log as one part, which parses its
// blocks one after the other: for logs in which several records make one flow. end
// is called after the last block.
func ReadSerially(in *flowlog.Input, skip, lines int64, whole func(text []byte) int, parse flowlog.ParseBlock, end func(w *flowlog.Worker) error) (flowlog.Reader, error) {
	return &serial{in: in, skip: skip, lines: lines, whole: whole, parse: parse, end: end}, nil
}

// serial is the reader and its only part. The part opens the stream itself: it may
// be read after its reader was closed, or not at all.
type serial struct {
	in          *flowlog.Input
	skip, lines int64
	whole       func(text []byte) int
	parse       flowlog.ParseBlock
	end         func(w *flowlog.Worker) error
	begun       bool
}

func (s *serial) Next() (flowlog.Part, error) {
	if s.begun {
		return nil, io.EOF
	}
	s.begun = true
	return s, nil
}

func (s *serial) Close() error { return nil }

func (s *serial) Read(w *flowlog.Worker) error {
	stream, err := s.in.Stream()
	if err != nil {
		return err
	}
	blocks := flowlog.NewStreamBlocks(stream, s.skip, s.lines, s.whole, s.parse)
	defer blocks.Close()
	for {
		part, err := blocks.Next()
		if err == io.EOF {
			return s.end(w)
		}
		if err != nil {
			return err
		}
		if err := part.Read(w); err != nil {
			return err
		}
	}
}
