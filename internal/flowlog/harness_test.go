package flowlog

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"beacon/internal/flow"

	"github.com/stretchr/testify/require"
)

// flowText is a sink that writes each flow as a line: time, source,
// destination, both ports, protocol, bytes, the source's bytes, duration, name,
// apart by tabs. A column that was not read is a point.
type flowText struct {
	hosts *flow.Hosts
	names *flow.Names
	mu    *sync.Mutex
	parts map[int]*bytes.Buffer
	part  *bytes.Buffer
}

func (s *flowText) Begin(part int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.part = &bytes.Buffer{}
	s.parts[part] = s.part
}

func (s *flowText) Batch(b *flow.Batch) error {
	for i := range b.Len() {
		fmt.Fprintf(s.part, "%d\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t", b.Time[i], s.hosts.Addr(b.Src[i]), s.hosts.Addr(b.Dst[i]),
			columnCell(b.SrcPort, i), columnCell(b.Port, i), columnCell(b.Proto, i), columnCell(b.Bytes, i), columnCell(b.SrcBytes, i), columnCell(b.Duration, i))
		if b.Name != nil {
			s.part.WriteString(s.names.Name(b.Name[i]))
		} else {
			s.part.WriteByte('.')
		}
		s.part.WriteByte('\n')
	}
	return nil
}

func columnCell[T any](values []T, i int) string {
	if values == nil {
		return "."
	}
	return fmt.Sprint(values[i])
}

// readFlows reads a log and gives its flows in their order, one a line, and the
// report. The error may be of the reading, with the report of what was read.
func readFlows(path string, opt Options, columns flow.Column, workers int) (flows string, report *Report, err error) {
	l, err := Open([]string{path}, nil, opt)
	if err != nil {
		return "", nil, err
	}
	defer l.Close()
	hosts, names := flow.NewHosts(nil), flow.NewNames()
	parts := map[int]*bytes.Buffer{}
	var mu sync.Mutex
	report, err = l.Read(context.Background(), Pass{Workers: workers, Columns: columns, Hosts: hosts, Names: names,
		Sink: func() Sink { return &flowText{hosts: hosts, names: names, mu: &mu, parts: parts} }})
	var b strings.Builder
	numbers := make([]int, 0, len(parts))
	for n := range parts {
		numbers = append(numbers, n)
	}
	slices.Sort(numbers)
	for _, n := range numbers {
		b.Write(parts[n].Bytes())
	}
	return b.String(), report, err
}

// counts is rows, other and bad records of a report as text, with the reasons.
func counts(r *Report) string {
	var b strings.Builder
	for _, in := range r.Inputs {
		fmt.Fprintf(&b, "%s rows %d other %d bad %d", in.Input.Format.Name, in.Rows, in.Other, in.BadRows)
		reasons := make([]string, 0, len(in.Reasons))
		for reason, n := range in.Reasons {
			reasons = append(reasons, fmt.Sprintf("%s: %d", reason, n))
		}
		slices.Sort(reasons)
		if len(reasons) > 0 {
			fmt.Fprintf(&b, " (%s)", strings.Join(reasons, ", "))
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// withBlocks runs a test with blocks of another size.
func withBlocks(t testing.TB, size int, do func()) {
	old := blockSize
	blockSize = size
	defer func() { blockSize = old }()
	do()
}

func writeFile(t testing.TB, name string, text []byte) string {
	path := t.TempDir() + "/" + name
	require.NoError(t, os.WriteFile(path, text, 0o600))
	return path
}

// newWriter begins a log of the format of that name on w. hosts are what the
// batches' addresses are ids of, names what their names are; names may be nil.
func newWriter(name string, w io.Writer, hosts *flow.Hosts, names *flow.Names) (Writer, error) {
	f, err := WriteFormatOf(name)
	if err != nil {
		return nil, err
	}
	return f.New(w, hosts, names)
}
