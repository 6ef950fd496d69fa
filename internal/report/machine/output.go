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

// Output is one form of an answer for machines. Each stands in a file of its
// own, which registers it in an init function.
type Output struct {
	Name    string   // as in --format
	Doc     string   // one line: what it holds
	Endings []string // of files that are written in it, with the dot
	Write   func(w *bufio.Writer, fs *beacon.Findings, meta report.Meta) error
}

var outputs []*Output

// register adds an output; an output's file calls it from init.
func register(o *Output) {
	outputs = append(outputs, o)
	slices.SortFunc(outputs, func(a, b *Output) int { return cmp.Compare(a.Name, b.Name) })
}

// Outputs is every output, by name.
func Outputs() []*Output { return slices.Clone(outputs) }

// Find is the output of a name.
func Find(name string) (*Output, error) {
	for _, o := range outputs {
		if o.Name == name {
			return o, nil
		}
	}
	return nil, fmt.Errorf("there is no output %q: it is one of %s", name, strings.Join(names(), ", "))
}

// ByEnding is the output that a file's name asks for.
func ByEnding(path string) (*Output, error) {
	ending := strings.ToLower(filepath.Ext(path))
	var known []string
	for _, o := range outputs {
		if slices.Contains(o.Endings, ending) {
			return o, nil
		}
		known = append(known, o.Endings...)
	}
	return nil, fmt.Errorf("the ending of %s says no kind of evidence: it is one of %s", path, strings.Join(known, ", "))
}

func names() (all []string) {
	for _, o := range outputs {
		all = append(all, o.Name)
	}
	return all
}

// Write writes the findings in the output of a name.
func Write(w io.Writer, name string, fs *beacon.Findings, meta report.Meta) error {
	o, err := Find(name)
	if err != nil {
		return err
	}
	out := bufio.NewWriter(w)
	if err := o.Write(out, fs, meta); err != nil {
		return fmt.Errorf("writing %s: %w", name, err)
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("writing %s: %w", name, err)
	}
	return nil
}
