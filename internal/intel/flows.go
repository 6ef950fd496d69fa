package intel

import (
	"context"
	"errors"
	"os"

	"beacon/internal/flow"
	"beacon/internal/flowlog"
	"beacon/internal/flowlog/cut"
)

// IsFlowLog reports whether a regular file with this text, which is no JSON, holds flows.
func IsFlowLog(path string, text []byte) bool {
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
