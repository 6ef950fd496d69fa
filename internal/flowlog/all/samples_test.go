package all

import (
	"os"
	"strings"
	"testing"

	"beacon/internal/flow"
	"beacon/internal/flowlog"
	"beacon/internal/flowlog/logtest"

	"github.com/stretchr/testify/require"
)

// A registered format has a name of its own, a line that says what writes it,
// an example, samples with goldens, and recognises these and no other's.
func TestRegistry(t *testing.T) {
	flowlog.ShowPanics = true
	names := map[string]bool{}
	for _, f := range flowlog.Formats() {
		require.Regexp(t, `^[a-z0-9-]+$`, f.Name)
		require.False(t, names[f.Name], "two formats are called %s", f.Name)
		names[f.Name] = true
		require.NotEmpty(t, f.Doc, f.Name)
		require.NotContains(t, f.Doc, "\n", f.Name)
		require.NotEmpty(t, f.Example, f.Name)
		require.NotEmpty(t, f.Needs, f.Name)
		require.NotEmpty(t, f.Gives, f.Name)
		require.GreaterOrEqual(t, f.Rank, 0, f.Name)
		require.LessOrEqual(t, f.Rank, 9, f.Name)
		require.NotEmpty(t, logtest.Samples(t, f.Name), "%s has no sample in testdata/%s", f.Name, f.Name)
	}
	dirs, err := os.ReadDir("../testdata")
	require.NoError(t, err)
	for _, dir := range dirs {
		if !dir.IsDir() {
			continue
		}
		require.True(t, names[dir.Name()], "testdata/%s: no format is called so", dir.Name())
		for _, path := range logtest.Samples(t, dir.Name()) {
			head := logtest.HeadOf(t, path)
			for _, f := range flowlog.Formats() {
				// The formats of rank 9 take what no other one knows.
				if got := f.Sniff(head); f.Name == dir.Name() {
					require.True(t, got, "%s does not know its sample %s", f.Name, path)
				} else if f.Rank < 9 {
					require.False(t, got, "%s takes %s for its own", f.Name, path)
				}
			}
			require.Equal(t, dir.Name(), logtest.FormatOfFile(t, path), path)
		}
	}
}

// TestSamples holds what every sample is read as to its golden: time in ns,
// source, destination, ports, protocol, bytes, the source's bytes, duration in
// ns, name.
func TestSamples(t *testing.T) {
	flowlog.ShowPanics = true
	for _, f := range flowlog.Formats() {
		for _, path := range logtest.Samples(t, f.Name) {
			t.Run(path, func(t *testing.T) {
				got := logtest.SampleText(path, flow.All, 1)
				golden := path + logtest.GoldenSuffix
				if *logtest.Update {
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
	flowlog.ShowPanics = true
	sizes := []int{1, 13, 200}
	if testing.Short() {
		sizes = sizes[1:2]
	}
	for _, f := range flowlog.Formats() {
		for _, path := range logtest.Samples(t, f.Name) {
			text, err := os.ReadFile(path)
			require.NoError(t, err)
			zipped := logtest.WriteFile(t, "log.gz", logtest.Zip(t, text))
			for _, columns := range []flow.Column{flow.Base, flow.All} {
				want := refusal(logtest.SampleText(path, columns, 1))
				for _, size := range sizes {
					logtest.WithBlocks(t, size, func() {
						require.Equal(t, want, refusal(logtest.SampleText(path, columns, 1)), "%s, blocks of %d", path, size)
						require.Equal(t, want, refusal(logtest.SampleText(path, columns, 3)), "%s, blocks of %d, 3 workers", path, size)
						got := refusal(strings.ReplaceAll(logtest.SampleText(zipped, columns, 3), zipped, "FILE"))
						require.Equal(t, want, got, "%s, blocks of %d, as a stream", path, size)
					})
				}
			}
		}
	}
}

// refusal returns the error of a log that is refused, without what was read before it:
// that is up to the blocks. Any other text is returned as it is.
func refusal(text string) string {
	if at := strings.Index(text, "error: "); at >= 0 {
		text, _, _ = strings.Cut(text[at:], "\n")
	}
	return text
}

// A reading of few columns finds the same values as one of all, but for the
// flows whose other columns can't be read.
func TestSamplesByColumns(t *testing.T) {
	optional := []flow.Column{flow.SrcPort, flow.Port, flow.Proto, flow.Bytes, flow.SrcBytes, flow.Duration, flow.Name}
	for _, f := range flowlog.Formats() {
		for _, path := range logtest.Samples(t, f.Name) {
			all, _, _ := logtest.ReadFlows(path, flowlog.Options{}, flow.All, 1)
			for i, column := range optional {
				few, _, _ := logtest.ReadFlows(path, flowlog.Options{}, flow.Base|column, 1)
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
