package cli

import (
	"cmp"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"beacon/internal/beacon"
	"beacon/internal/earlier"
	"beacon/internal/report"
	"beacon/internal/sorting"
	"beacon/internal/usage"
)

// baselineFlags holds the flags that compare an answer with those of earlier runs.
type baselineFlags struct {
	files   []string
	onlyNew bool
}

func (b *baselineFlags) register(f *pflag.FlagSet) {
	f.StringArrayVar(&b.files, "baseline", nil, "compare with the findings of an earlier run in this ndjson, json or parquet `file`: each is new, known or changed (repeatable, the oldest first)")
	f.BoolVar(&b.onlyNew, "only-new", false, "report only findings that are new or changed since the --baseline")
}

// read returns the findings of the earlier runs.
func (b *baselineFlags) read(a *app) (list []beacon.Earlier, err error) {
	if b.onlyNew && len(b.files) == 0 {
		return nil, usage.Errorf("like --baseline yesterday.ndjson", "--only-new needs a --baseline")
	}
	for _, path := range b.files {
		findings, err := a.readFindings(path)
		if err != nil {
			return nil, err
		}
		list = append(list, findings...)
	}
	return list, nil
}

// compare compares findings with those of the earlier runs, and returns those to report.
func (a *app) compare(fs *beacon.Findings, b *baselineFlags, before []beacon.Earlier) *beacon.Findings {
	if len(b.files) == 0 {
		return fs
	}
	earlier.Tell(fs, before)
	count := map[beacon.Novelty]int{}
	for f := range fs.All() {
		count[f.Since.Novelty]++
	}
	borderline := ""
	if n := count[beacon.NoveltyBorderline]; n > 0 {
		borderline = fmt.Sprintf(", %d borderline", n)
	}
	a.note("since the baseline: %d new, %d changed, %d known, %d gone%s", count[beacon.NoveltyNew], count[beacon.NoveltyChanged], count[beacon.NoveltyKnown], len(fs.Gone), borderline)
	for _, line := range report.GoneLines(fs) {
		a.note("  gone: %s", line)
	}
	if b.onlyNew {
		return earlier.OnlyNew(fs)
	}
	return fs
}

func (a *app) diff() *cobra.Command {
	return &cobra.Command{
		Use:   "diff OLD NEW",
		Short: "Compare the findings of two runs",
		Long: `diff lists the findings that are new, changed or gone in NEW, each on a line. OLD and
NEW are the ndjson, json or parquet of beacon detect. Two findings are the same if
they share a source and a destination (by address or name) and their ports agree,
whatever the period. The exit status is 0 if nothing differs and 3 if something does.`,
		Example: `  beacon diff yesterday.ndjson today.ndjson`,
		Args:    usage.Exactly(2),
		RunE: func(_ *cobra.Command, args []string) error {
			old, err := a.readFindings(args[0])
			if err != nil {
				return err
			}
			now, err := a.readFindings(args[1])
			if err != nil {
				return err
			}
			return a.writeDiff(a.stdout.People(), old, now)
		},
	}
}

// writeDiff writes what differs; it returns errFlagged where something does.
func (a *app) writeDiff(w io.Writer, old, now []beacon.Earlier) error {
	byRank := func(x, y beacon.Earlier) int { return cmp.Compare(x.Rank, y.Rank) }
	sorting.Stable(now, byRank)
	differs := false
	line := func(what, text string) {
		differs = true
		fmt.Fprintf(w, "%-8s %s\n", what, text) // an error of the stream ends the run with a message
	}
	list, gone := earlier.Compare(old, now)
	for i, since := range list {
		switch since.Novelty {
		case beacon.NoveltyNew:
			line("new", report.EarlierWords(&now[i]))
		case beacon.NoveltyChanged:
			line("changed", report.EarlierWords(&now[i])+": "+strings.Join(since.Changes, "; "))
		}
	}
	sorting.Stable(gone, byRank)
	for i := range gone {
		line("gone", report.EarlierWords(&gone[i]))
	}
	if differs {
		return errFlagged
	}
	return nil
}
