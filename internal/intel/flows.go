package intel

import (
	"context"
	"errors"
	"os"
	"time"

	"beacon/internal/flow"
	"beacon/internal/flowlog"
	"beacon/internal/flowlog/cut"
)

// errFlows is that a file is a log of flows: not every address of it is an indicator.
var errFlows = errors.New("is a log of flows, whose addresses are no indicators")

// AddFile adds the indicators of a file with this text, as Add does. It returns an error for a
// log of flows.
func (s *Set) AddFile(path string, text []byte, now time.Time) (Counts, error) {
	if isFlowLog(path, text) {
		return Counts{}, errFlows
	}
	return s.Add(path, text, now)
}

// isFlowLog reports whether a regular file with this text, which is no JSON, holds flows.
func isFlowLog(path string, text []byte) bool {
	if info, err := os.Stat(path); err != nil || !info.Mode().IsRegular() || cut.IsJSON(flowlog.Head(text)) {
		return false
	}
	log, err := flowlog.Open([]string{path}, nil, flowlog.Options{})
	if err != nil {
		return false
	}
	defer log.Close()
	_, err = log.Read(context.Background(), flowlog.Pass{Workers: 1, Hosts: flow.NewHosts(nil), Sink: func() flowlog.Sink { return firstFlow{} }})
	return errors.Is(err, errFlow)
}

// firstFlow is a flowlog.Sink that ends the reading with errFlow at the first flow.
type firstFlow struct{}

var errFlow = errors.New("there is a flow")

// Begin implements flowlog.Sink.
func (firstFlow) Begin(int) {}

// Batch implements flowlog.Sink.
func (firstFlow) Batch(b *flow.Batch) error {
	if len(b.Time) > 0 {
		return errFlow
	}
	return nil
}
