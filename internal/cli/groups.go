package cli

import "beacon/internal/manual"

// flagGroups are the headings of the flags in help texts and manual pages.
var flagGroups = []manual.Group{
	{Name: "Input", Flags: []string{"map", "input-format", "time-format", "tz", "year", "from", "to", "last", "now", "where", "names", "exclude-failed", "outer", "strict"}},
	{Name: "Question", Flags: []string{"rule", "min-duration", "internal", "exclude", "only", "by", "proxy", "bucket", "cycle", "slots", "span", "window", "shape", "known", "intel", "mmdb", "baseline", "only-new"}},
	{Name: "Rhythm", Flags: []string{"min-period", "max-period", "min-calls", "fdr"}},
	{Name: "Output", Flags: []string{"output", "format", "verdict", "evidence", "plot", "report", "page-top", "order", "top", "all", "every", "exit-code", "sort", "append", "json"}},
	{Name: "Advanced", Flags: []string{"workers", "memory", "max-temp", "max-input", "state", "once", "listen", "timeout", "print-sql"}},
}
