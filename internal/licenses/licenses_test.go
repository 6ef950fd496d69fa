package licenses

import (
	"cmp"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write licenses.txt anew")

// released are the systems whose modules are listed: those of the binary differ a little.
var released = []string{"linux", "darwin", "windows"}

// work is a module with its texts.
type work struct {
	Module
	text string
}

// TestCurrent holds the list to the modules that the binary is built from. With
// -update it writes the list for all systems.
func TestCurrent(t *testing.T) {
	systems := []string{runtime.GOOS}
	if *update {
		systems = released
	}
	works := map[string]work{}
	for _, system := range systems {
		for _, w := range linked(t, system) {
			works[w.Path] = w
		}
	}
	for _, w := range others(t) {
		works[w.Path] = w
	}
	if *update {
		require.NoError(t, os.WriteFile("licenses.txt", []byte(listOf(works)), 0o644))
		return
	}
	listed := Modules()
	for _, w := range works {
		require.Contains(t, listed, w.Module, "make licenses")
		require.Contains(t, Text(), w.text, "the licence of %s: make licenses", w.Path)
	}
	for _, m := range listed {
		require.NotEmpty(t, m.License, m.Path)
	}
}

// linked returns the modules that the binary for a system is made of.
func linked(t *testing.T, system string) (works []work) {
	cmd := exec.Command("go", "list", "-deps", "-f", "{{with .Module}}{{if not (or .Main .Replace)}}{{.Path}}\t{{.Version}}\t{{.Dir}}{{end}}{{end}}", "beacon/cmd/beacon")
	cmd.Env = append(os.Environ(), "GOOS="+system, "CGO_ENABLED=0")
	out, err := cmd.Output()
	require.NoError(t, err)
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	slices.Sort(lines)
	for _, line := range slices.Compact(lines) {
		if words := strings.Split(line, "\t"); len(words) == 3 {
			text := textsOf(t, words[2])
			works = append(works, work{Module{words[0], words[1], kindOf(t, words[0], text)}, text})
		}
	}
	require.NotEmpty(t, works)
	return works
}

// others returns what is part of the binary without being a module of Go.
func others(t *testing.T) []work {
	root, err := exec.Command("go", "env", "GOROOT").Output()
	require.NoError(t, err)
	text := func(path string) string {
		b, err := os.ReadFile(path)
		require.NoError(t, err)
		return tidy(string(b))
	}
	golang := text(filepath.Join(strings.TrimSpace(string(root)), "LICENSE"))
	uplot := text("../report/page/uplot.LICENSE")
	version := regexp.MustCompile(`uPlot \(v([0-9.]+)\)`).FindStringSubmatch(text("../report/page/uplot.js"))
	require.NotNil(t, version)
	return []work{
		{Module{"std", "-", kindOf(t, "std", golang)}, golang},
		{Module{"uPlot", version[1], kindOf(t, "uPlot", uplot)}, uplot},
	}
}

// licenceFile matches the names of files that hold a licence, or what has to be
// said beside it.
var licenceFile = regexp.MustCompile(`(?i)^(licen[cs]e|copying|notice|unlicense|ftl)`)

// textsOf returns the licence of the module in a folder.
func textsOf(t *testing.T, dir string) string {
	var texts []string
	for _, pattern := range []string{"*", "licenses/ftl.txt"} {
		paths, err := filepath.Glob(filepath.Join(dir, pattern))
		require.NoError(t, err)
		for _, path := range paths {
			if info, err := os.Stat(path); err != nil || info.IsDir() || !licenceFile.MatchString(filepath.Base(path)) {
				continue
			}
			b, err := os.ReadFile(path)
			require.NoError(t, err)
			texts = append(texts, tidy(string(b)))
		}
	}
	if texts == nil { // some have it in the README
		b, err := os.ReadFile(filepath.Join(dir, "README.md"))
		require.NoError(t, err)
		texts = append(texts, tidy(string(b)))
	}
	return strings.Join(texts, "\n")
}

// tidy makes line ends and the end of a text alike, and keeps its lines from looking
// like headers.
func tidy(text string) string {
	lines := strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " \t")
		if strings.HasPrefix(lines[i], header) {
			lines[i] = " " + lines[i]
		}
	}
	return strings.Trim(strings.Join(lines, "\n"), "\n") + "\n"
}

// kinds tells licences by their words.
var kinds = []struct{ spdx, words string }{
	{"Apache-2.0", `Apache License\s+Version 2\.0`},
	{"OFL-1.1", `SIL OPEN FONT LICENSE\s+Version 1\.1`},
	{"FTL", `The FreeType\s+Project LICENSE`},
	{"BSD-3-Clause", `Redistribution and use in source and binary forms[^~]*(Neither the name|names? of [^~]* may not be used)`},
	{"BSD-2-Clause", `Redistribution and use in source and binary forms`},
	{"MIT", `Permission is hereby granted, free of charge`},
	{"ISC", `Permission to use, copy, modify, and(/or)? distribute this software`},
	{"CC-BY-4.0", `Creative Commons Attribution 4\.0 International`},
}

// kindOf names a licence; a licence that isn't known fails the test, for somebody
// has to read it.
func kindOf(t *testing.T, path, text string) string {
	var found []string
	for _, k := range kinds {
		if k.spdx == "BSD-2-Clause" && slices.Contains(found, "BSD-3-Clause") {
			continue
		}
		if regexp.MustCompile(k.words).MatchString(text) {
			found = append(found, k.spdx)
		}
	}
	require.NotEmpty(t, found, "%s has a licence that isn't known", path)
	return strings.Join(found, " AND ")
}

// listOf writes the list: each text once, below all modules that come under it.
func listOf(works map[string]work) string {
	sorted := slices.SortedFunc(func(yield func(work) bool) {
		for _, w := range works {
			if !yield(w) {
				return
			}
		}
	}, func(a, b work) int { return cmp.Compare(a.Path, b.Path) })
	var b strings.Builder
	told := map[string]bool{}
	for _, w := range sorted {
		if told[w.text] {
			continue
		}
		told[w.text] = true
		for _, other := range sorted {
			if other.text == w.text {
				fmt.Fprintf(&b, "%s%s %s %s\n", header, other.Path, other.Version, other.License)
			}
		}
		fmt.Fprintf(&b, "\n%s\n", w.text)
	}
	return b.String()
}
