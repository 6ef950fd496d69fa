package machine

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"beacon/internal/beacon"
	"beacon/internal/report"
)

// Output is a format of an answer for other programs. Each stands in a file of its own,
// which registers it in an init function.
type Output struct {
	Name     string           // as in --format
	Doc      string           // one line: what it holds
	Endings  []string         // of files that are written in it unless --format is given, with the dot
	Accepts  []string         // further endings that suit it
	Verdicts []beacon.Verdict // of the findings that it holds unless others are asked for; nil is all
	Write    func(w *bufio.Writer, fs *beacon.Findings, meta report.Meta) error
}

// toAct are the verdicts of outputs that something acts on: a block list, an alert.
var toAct = []beacon.Verdict{beacon.VerdictBeacon}

var outputs []*Output

// register adds an output; an output's file calls it from init.
func register(o *Output) {
	outputs = append(outputs, o)
	slices.SortFunc(outputs, func(a, b *Output) int { return cmp.Compare(a.Name, b.Name) })
}

// Outputs returns every output, by name.
func Outputs() []*Output { return slices.Clone(outputs) }

// Find returns the output with a name.
func Find(name string) (*Output, error) {
	for _, o := range outputs {
		if o.Name == name {
			return o, nil
		}
	}
	return nil, fmt.Errorf("there is no output %q: it is one of %s", name, strings.Join(names(), ", "))
}

// ByEnding returns the output that a file's ending stands for, nil if it stands for none.
func ByEnding(path string) *Output {
	ending := strings.ToLower(filepath.Ext(path))
	for _, o := range outputs {
		if slices.Contains(o.Endings, ending) {
			return o
		}
	}
	return nil
}

// Suits reports whether a file of this name may hold the output: its ending stands for
// the output, or for none at all.
func (o *Output) Suits(path string) bool {
	other := ByEnding(path)
	return other == nil || other == o || slices.Contains(o.Accepts, strings.ToLower(filepath.Ext(path)))
}

// Evidence returns the output that --evidence writes to a file. Of CSV it is the table
// of the evidence.
func Evidence(path string) (*Output, error) {
	o := ByEnding(path)
	switch {
	case o == nil:
		var known []string
		for _, o := range outputs {
			known = append(known, o.Endings...)
		}
		return nil, fmt.Errorf("the ending of %s stands for no output: it is one of %s", path, strings.Join(known, ", "))
	case o.Name == "csv":
		return Find("evidence-csv")
	}
	return o, nil
}

func names() (all []string) {
	for _, o := range outputs {
		all = append(all, o.Name)
	}
	return all
}

// Write writes the findings that have one of the verdicts, by default those of the
// output, in the output with a name.
func Write(w io.Writer, name string, fs *beacon.Findings, meta report.Meta, verdicts ...beacon.Verdict) error {
	o, err := Find(name)
	if err != nil {
		return err
	}
	if len(verdicts) == 0 {
		verdicts = o.Verdicts
	}
	if verdicts != nil {
		fs = fs.Select(verdicts)
	}
	out := bufio.NewWriter(w)
	if err := cmp.Or(o.Write(out, fs, meta), fs.Err()); err != nil {
		return fmt.Errorf("writing %s: %w", name, err)
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("writing %s: %w", name, err)
	}
	return nil
}
