package flowlog

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"beacon/internal/flow"

	"github.com/klauspost/compress/gzip"
	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write the goldens anew")

const goldenSuffix = ".golden"

// samples is the samples of a format: testdata/NAME/*.
func samples(t testing.TB, format string) []string {
	paths, err := filepath.Glob(filepath.Join("testdata", format, "*"))
	require.NoError(t, err)
	var list []string
	for _, path := range paths {
		if !strings.HasSuffix(path, goldenSuffix) {
			list = append(list, path)
		}
	}
	return list
}

// A registered format has a name of its own, a line that says what writes it,
// an example, samples with goldens, and recognises these and no other's.
func TestRegistry(t *testing.T) {
	showPanics = true
	names := map[string]bool{}
	for _, f := range Formats() {
		require.Regexp(t, `^[a-z0-9-]+$`, f.Name)
		require.False(t, names[f.Name], "two formats are called %s", f.Name)
		names[f.Name] = true
		require.NotEmpty(t, f.Doc, f.Name)
		require.NotContains(t, f.Doc, "\n", f.Name)
		require.NotEmpty(t, f.Example, f.Name)
		require.GreaterOrEqual(t, f.Rank, 0, f.Name)
		require.LessOrEqual(t, f.Rank, 9, f.Name)
		require.NotEmpty(t, samples(t, f.Name), "%s has no sample in testdata/%s", f.Name, f.Name)
	}
	dirs, err := os.ReadDir("testdata")
	require.NoError(t, err)
	for _, dir := range dirs {
		if !dir.IsDir() || dir.Name() == "fuzz" || dir.Name() == "names" {
			continue
		}
		require.True(t, names[dir.Name()], "testdata/%s: no format is called so", dir.Name())
		for _, path := range samples(t, dir.Name()) {
			in := &Input{Name: path, path: path}
			require.NoError(t, in.probe())
			for _, f := range formats {
				// The formats of rank 9 take what no other one knows.
				if got := f.Sniff(in.Head); f.Name == dir.Name() {
					require.True(t, got, "%s does not know its sample %s", f.Name, path)
				} else if f.Rank < 9 {
					require.False(t, got, "%s takes %s for its own", f.Name, path)
				}
			}
			f, err := formatOf(in, &Options{})
			require.NoError(t, err)
			require.Equal(t, dir.Name(), f.Name, path)
		}
	}
}

// sampleText is all that a reading of a log says: its counts, its bad records,
// its error, its flows.
func sampleText(path string, columns flow.Column, workers int) string {
	return sampleTextOf(path, Options{}, columns, workers)
}

func sampleTextOf(path string, opt Options, columns flow.Column, workers int) string {
	flows, report, err := readFlows(path, opt, columns, workers)
	var b strings.Builder
	if report != nil {
		b.WriteString(counts(report))
		for _, bad := range report.Bad {
			fmt.Fprintf(&b, "line %d: %s: %.60q\n", bad.Line, bad.Reason, bad.Text)
		}
	}
	if err != nil {
		fmt.Fprintf(&b, "error: %s\n", strings.ReplaceAll(err.Error(), path, "FILE"))
		var hint *InputError
		if errors.As(err, &hint) && hint.Hint != "" {
			fmt.Fprintf(&b, "hint: %s\n", hint.Hint)
		}
	}
	b.WriteString(flows)
	return b.String()
}

// TestSamples holds what every sample is read as to its golden: time in ns,
// source, destination, ports, protocol, bytes, the source's bytes, duration in
// ns, name.
func TestSamples(t *testing.T) {
	showPanics = true
	for _, f := range Formats() {
		for _, path := range samples(t, f.Name) {
			t.Run(path, func(t *testing.T) {
				got := sampleText(path, flow.All, 1)
				golden := path + goldenSuffix
				if *update {
					require.NoError(t, os.WriteFile(golden, []byte(got), 0o644))
				}
				want, err := os.ReadFile(golden)
				require.NoError(t, err, "go test -update writes it")
				require.Equal(t, string(want), got)
			})
		}
	}
}

// Whatever the blocks that a log is cut into, and whoever reads them, its flows
// are the same in the same order, and so is every count.
func TestSamplesInBlocks(t *testing.T) {
	showPanics = true
	for _, f := range Formats() {
		for _, path := range samples(t, f.Name) {
			text, err := os.ReadFile(path)
			require.NoError(t, err)
			zipped := writeFile(t, "log.gz", zip(t, text))
			for _, columns := range []flow.Column{flow.Base, flow.All} {
				want := sampleText(path, columns, 1)
				for _, size := range []int{1, 13, 200} {
					withBlocks(t, size, func() {
						require.Equal(t, want, sampleText(path, columns, 1), "%s, blocks of %d", path, size)
						require.Equal(t, want, sampleText(path, columns, 3), "%s, blocks of %d, 3 workers", path, size)
						got := strings.ReplaceAll(sampleText(zipped, columns, 3), zipped, "FILE")
						require.Equal(t, want, got, "%s, blocks of %d, as a stream", path, size)
					})
				}
			}
		}
	}
}

func zip(t testing.TB, text []byte) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, err := z.Write(text)
	require.NoError(t, err)
	require.NoError(t, z.Close())
	return b.Bytes()
}

// A reading of few columns finds the same values as one of all, but for the
// flows whose other columns can't be read.
func TestSamplesByColumns(t *testing.T) {
	optional := []flow.Column{flow.SrcPort, flow.Port, flow.Proto, flow.Bytes, flow.SrcBytes, flow.Duration, flow.Name}
	for _, f := range Formats() {
		for _, path := range samples(t, f.Name) {
			all, _, _ := readFlows(path, Options{}, flow.All, 1)
			for i, column := range optional {
				few, _, _ := readFlows(path, Options{}, flow.Base|column, 1)
				cells := func(flows string) (list []string) {
					for line := range strings.Lines(flows) {
						fields := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
						list = append(list, strings.Join(append(fields[:3:3], fields[3+i]), " "))
					}
					return list
				}
				require.Subset(t, cells(few), cells(all), "%s, column %d", path, i)
			}
		}
	}
}
