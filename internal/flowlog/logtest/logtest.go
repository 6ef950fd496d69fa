// Package logtest reads logs for the tests of the readers and writers.
package logtest

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"beacon/internal/flow"
	"beacon/internal/flowlog"

	"github.com/klauspost/compress/gzip"
	"github.com/stretchr/testify/require"
)

var Update = flag.Bool("update", false, "rewrite the goldens")

// Now is the day on which tests read times without a year.
var Now = time.Date(2020, 12, 1, 0, 0, 0, 0, time.UTC)

// SampleTime is 2020-06-21 00:00:00 UTC, in s.
const SampleTime = 1592697600

// flowText is a sink that writes each flow as a line: time, source,
// destination, both ports, protocol, bytes, the source's bytes, duration, name,
// apart by tabs. A column that was not read is a point.
type flowText struct {
	hosts *flow.Hosts
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
		fmt.Fprintf(s.part, "%d\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t", b.Time[i], s.hosts.Host(b.Src[i]), s.hosts.Host(b.Dst[i]),
			ColumnCell(b.SrcPort, i), ColumnCell(b.Port, i), ColumnCell(b.Proto, i), ColumnCell(b.Bytes, i), ColumnCell(b.SrcBytes, i), ColumnCell(b.Duration, i))
		if b.Name != nil {
			if b.Name[i] != 0 {
				s.part.WriteString(s.hosts.Host(b.Name[i] - 1).String())
			}
		} else {
			s.part.WriteByte('.')
		}
		if b.Failed != nil && b.Failed[i] != 0 {
			s.part.WriteString("\tfailed")
		}
		s.part.WriteByte('\n')
	}
	return nil
}

func ColumnCell[T any](values []T, i int) string {
	if values == nil {
		return "."
	}
	return fmt.Sprint(values[i])
}

// ReadFlows reads a log and gives its flows in their order, one a line, and the
// report. The error may be of the reading, with the report of what was read.
func ReadFlows(path string, opt flowlog.Options, columns flow.Column, workers int) (flows string, report *flowlog.Report, err error) {
	if opt.Now.IsZero() {
		opt.Now = Now
	}
	l, err := flowlog.Open([]string{path}, nil, opt)
	if err != nil {
		return "", nil, err
	}
	defer l.Close()
	return ReadLog(l, columns, workers)
}

// ReadLog is ReadFlows of an open log.
func ReadLog(l *flowlog.Log, columns flow.Column, workers int) (flows string, report *flowlog.Report, err error) {
	hosts := flow.NewHosts(nil)
	parts := map[int]*bytes.Buffer{}
	var mu sync.Mutex
	report, err = l.Read(context.Background(), flowlog.Pass{Workers: workers, Columns: columns, Hosts: hosts,
		Sink: func() flowlog.Sink { return &flowText{hosts: hosts, mu: &mu, parts: parts} }})
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

// Counts is rows, other and bad records of a report as text, with the reasons.
func Counts(r *flowlog.Report) string {
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
		for _, column := range slices.Sorted(maps.Keys(in.Unknown)) {
			fmt.Fprintf(&b, ", unknown %s: %d", column, in.Unknown[column])
		}
		if in.OddTimes > 0 {
			fmt.Fprintf(&b, ", odd times: %d", in.OddTimes)
		}
		b.WriteByte('\n')
		for _, note := range flowlog.NoteTexts(in.Notes) {
			fmt.Fprintf(&b, "note: %s\n", note)
		}
	}
	return b.String()
}

// WithBlocks runs a test with blocks of another size.
func WithBlocks(t testing.TB, size int, do func()) {
	old := flowlog.BlockSize
	flowlog.BlockSize = size
	defer func() { flowlog.BlockSize = old }()
	do()
}

func WriteFile(t testing.TB, name string, text []byte) string {
	path := t.TempDir() + "/" + name
	require.NoError(t, os.WriteFile(path, text, 0o600))
	return path
}

const GoldenSuffix = ".golden"

// Samples returns the samples of a format: testdata/NAME/*.
func Samples(t testing.TB, format string) []string {
	paths, err := filepath.Glob(filepath.Join("../testdata", format, "*"))
	require.NoError(t, err)
	var list []string
	for _, path := range paths {
		if !strings.HasSuffix(path, GoldenSuffix) {
			list = append(list, path)
		}
	}
	return list
}

// SampleText returns all that a reading of a log says: its counts, its bad records,
// its error, its flows.
func SampleText(path string, columns flow.Column, workers int) string {
	return SampleTextOf(path, flowlog.Options{}, columns, workers)
}

func SampleTextOf(path string, opt flowlog.Options, columns flow.Column, workers int) string {
	flows, report, err := ReadFlows(path, opt, columns, workers)
	var b strings.Builder
	if report != nil {
		b.WriteString(Counts(report))
		for _, bad := range report.Bad {
			fmt.Fprintf(&b, "line %d: %s: %.60q\n", bad.Line, bad.Reason, bad.Text)
		}
		for _, doubt := range report.Doubts {
			fmt.Fprintf(&b, "doubt, line %d: %s: %.60q\n", doubt.Line, doubt.Reason, doubt.Text)
		}
	}
	if err != nil {
		fmt.Fprintf(&b, "error: %s\n", strings.ReplaceAll(err.Error(), path, "FILE"))
		var hint *flowlog.InputError
		if errors.As(err, &hint) && hint.Hint != "" {
			fmt.Fprintf(&b, "hint: %s\n", hint.Hint)
		}
	}
	b.WriteString(flows)
	return b.String()
}

func Zip(t testing.TB, text []byte) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, err := z.Write(text)
	require.NoError(t, err)
	require.NoError(t, z.Close())
	return b.Bytes()
}

// HeadOf returns the head of a file that is not compressed.
func HeadOf(t testing.TB, path string) flowlog.Head {
	head, err := flowlog.HeadOf(path)
	require.NoError(t, err)
	return head
}

// FormatOfFile returns the name of the format that a file is recognised as.
func FormatOfFile(t testing.TB, path string) string {
	l, err := flowlog.Open([]string{path}, nil, flowlog.Options{Now: Now})
	require.NoError(t, err)
	return l.Inputs[0].Format.Name
}

// CheckSamples holds samples that tests put together, by path in testdata, to
// their files.
func CheckSamples(t *testing.T, samples map[string][]byte) {
	for name, want := range samples {
		path := filepath.Join("../testdata", name)
		if *Update {
			require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
			require.NoError(t, os.WriteFile(path, want, 0o644))
		}
		got, err := os.ReadFile(path)
		require.NoError(t, err, "go test -update writes it")
		require.True(t, bytes.Equal(want, got), "%s is not what the test makes: go test -update", path)
	}
}
