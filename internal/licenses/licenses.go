// Package licenses holds the licences of the code that is linked into the binary.
package licenses

import (
	"cmp"
	_ "embed"
	"strings"

	"beacon/internal/sorting"
)

// list is written by make licenses. An entry is one header line for each module
// that comes under the text below them: "== MODULE VERSION LICENCE".
//
//go:embed licenses.txt
var list string

// header begins the lines of the list that name a module.
const header = "== "

// Module is one module of the binary, or another work that is part of it.
type Module struct {
	Path    string
	Version string
	License string // SPDX identifier
}

// Modules returns the modules of the binary, in the order of their paths.
func Modules() (modules []Module) {
	for line := range strings.Lines(list) {
		if rest, ok := strings.CutPrefix(line, header); ok {
			words := strings.Fields(rest)
			modules = append(modules, Module{words[0], words[1], strings.Join(words[2:], " ")})
		}
	}
	sorting.Func(modules, func(a, b Module) int { return cmp.Compare(a.Path, b.Path) })
	return modules
}

// Text returns the licences in full, each below the modules that come under it.
func Text() string { return list }
