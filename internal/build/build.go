// Package build tells what the binary records about how it was built.
package build

import (
	"cmp"
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"
)

// arrowModule is the module whose version beacon version shows.
const arrowModule = "github.com/apache/arrow/go/v15"

// The Makefile sets these by -ldflags -X; otherwise go build's record is used.
var version, commit, date string

// unknown stands for what the binary doesn't record about itself.
const unknown = "(unknown)"

// Info holds what the binary records about how it was built.
type Info struct {
	Version string // from the tags of git, or (devel)
	Commit  string // 12 digits, with +modified where files differed from it
	Date    string // of the commit, RFC 3339
	Go      string // release, operating system and architecture
	Arrow   string
}

// of reads what the binary records about its build.
func of(info *debug.BuildInfo, ok bool) Info {
	b := Info{Version: unknown, Commit: unknown, Date: unknown, Arrow: unknown, Go: runtime.Version() + " " + runtime.GOOS + "/" + runtime.GOARCH}
	if !ok {
		return b
	}
	b.Version = cmp.Or(info.Main.Version, "(devel)")
	modified := ""
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			b.Commit = s.Value[:min(len(s.Value), commitDigits)]
		case "vcs.time":
			b.Date = s.Value
		case "vcs.modified":
			if s.Value == "true" {
				modified = "+modified"
			}
		}
	}
	b.Commit += modified
	b.Version, b.Commit, b.Date = cmp.Or(version, b.Version), cmp.Or(commit, b.Commit), cmp.Or(date, b.Date)
	for _, m := range info.Deps {
		if m.Path == arrowModule {
			b.Arrow = m.Version
		}
	}
	return b
}

const commitDigits = 12

// This returns what the running binary records.
func This() Info { return of(debug.ReadBuildInfo()) }

// String returns the text of beacon version.
func (b Info) String() string {
	return fmt.Sprintf("beacon %s\ncommit %s of %s\nbuilt with %s and arrow %s\n", b.Version, b.Commit, b.Date, b.Go, b.Arrow)
}

// Name returns the commit that the binary was built from, or its version.
func (b Info) Name() string {
	if b.Commit == unknown {
		return b.Version
	}
	return strings.TrimSuffix(b.Commit, "+modified")
}
