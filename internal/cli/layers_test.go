package cli_test

import (
	"encoding/json"
	"maps"
	"os/exec"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// layers is how high each package stands. A package imports only from layers
// below its own, or the package of the folder that it stands in.
var layers = map[string]int{
	"flow": 0, "netset": 0, "stats": 0, "stats/lanes": 0, "inflate": 0, "words": 0, "escape": 0, "licenses": 0, "scratch": 0, "markup": 0, "manual": 0, "spelling": 0, "lease": 0, "tomlfile": 0, "progress": 0, "usage": 0, "trust": 0, "build": 0, "interrupt": 0, "sorting": -1, "console": 1, "ritaconf": 1, "settings": 1, "invocation": 1,
	"rhythm": 1, "shape": 1, "sourcehost": 1, "rita": 1, "flowlog": 1, "spill": 1, "timespan": 1, "connection": 1, "infer": 1, "reason": 1,
	"flowlog/textlog": 1, "flowlog/jsonlog": 1, "flowlog/parquetlog": 1, "flowlog/arrowlog": 1, "flowlog/capturelog": 1,
	"flowlog/devicelog": 1, "flowlog/packetfilter": 1, "flowlog/record": 1, "flowlog/wrap": 1, "flowlog/called": 1, "flowlog/timeparts": 1, "flowlog/endpoint": 1, "flowlog/cut": 1, "flowlog/join": 1,
	"flowlog/ahead": 0, "flowlog/timelayout": 0, "flowlog/columnnames": 0, "flowlog/stored": 0, "flowlog/claims": 0, "flowlog/clocks": 0, "flowlog/octets": 0, "flowlog/numbers": 0, "flowlog/protocol": 0, "flowlog/connstate": 0, "flowlog/addr": 0, "flowlog/write": 1, "flowlog/names": 1, "flowlog/all": 1, "flowlog/logtest": 1,
	"beacon": 2, "when": 2, "combine": 2,
	"engine": 3, "engine/outline": 2, "engine/lean": 2, "engine/calls": 2, "engine/calendar": 2, "sysmem": 0, "clickhouse": 3, "clickhouse/client": 3, "clickhouse/schema": 2, "clickhouse/parallel": 2, "clickhouse/calls": 3, "clickhouse/named": 3, "report": 3, "simulate": 3, "eval": 3, "eval/peer": 3, "inspect": 3, "known": 3, "intel": 3, "mmdb": 3, "objstore": 3, "report/past": 3, "earlier": 3,
	"report/machine": 3, "report/page": 3, "report/plot": 3, "report/term": 3, "report/picture": 3, "report/reporttest": 3,
	"watch": 3, "output": 3,
	"cli/readflags": 4, "cli/queryflags": 4,
	"cli":        5,
	"cmd/beacon": 6, "eval/scoreboard": 6,
}

// sideways is the imports within a layer that the design allows: from to.
var sideways = map[[2]string]bool{
	{"sourcehost", "spill"}: true, {"combine", "beacon"}: true, {"flowlog/names", "flowlog/wrap"}: true,
	{"flow", "netset"}:                       true, // the host table holds hosts
	{"stats", "stats/lanes"}:                 true, // arithmetic by vectors
	{"flowlog/stored", "inflate"}:            true, // gzip
	{"flowlog/clocks", "flowlog/timelayout"}: true, {"flowlog/clocks", "flowlog/octets"}: true,
	{"flowlog/addr", "flow"}: true, {"flowlog/addr", "flowlog/octets"}: true,
	{"clickhouse", "clickhouse/named"}:  true, // names in SQL
	{"clickhouse", "inspect"}:           true, // a table is inspected in SQL
	{"clickhouse", "clickhouse/client"}: true, {"clickhouse", "clickhouse/calls"}: true,
	{"scratch", "words"}: true, {"flowlog/stored", "words"}: true, // sizes in messages
	{"flowlog/stored", "scratch"}: true, // what is kept of a pipe
	{"settings", "spelling"}:      true,
	{"usage", "spelling"}:         true, {"usage", "words"}: true,
	{"progress", "words"}:  true,
	{"words", "escape"}:    true,                                        // text from outside is made plain in one way
	{"output", "objstore"}: true, {"output", "clickhouse/client"}: true, // a URL is no file
	{"report/past", "report/machine"}: true,                                      // the version of what one writes and the other reads
	{"watch", "earlier"}:              true, {"report/machine", "earlier"}: true, // events
	{"rhythm", "spill"}:               true, // how a result is kept on disk
	{"reason", "rhythm"}:              true, // what speaks against a rhythm, in words
	{"eval", "simulate"}:              true, // the scoreboard judges simulated logs
	{"eval", "eval/peer"}:             true,
	{"report/page", "report/picture"}: true, // the page and the plot draw the same pictures
	{"report/plot", "report/picture"}: true,
	{"report/term", "report/picture"}: true,

	// The packages below flowlog stand on it; all is nothing but the list of the readers.
	{"flowlog/textlog", "flowlog"}: true, {"flowlog/jsonlog", "flowlog"}: true, {"flowlog/parquetlog", "flowlog"}: true,
	{"flowlog/arrowlog", "flowlog"}: true, {"flowlog/capturelog", "flowlog"}: true,
	{"flowlog/devicelog", "flowlog"}: true, {"flowlog/devicelog", "flowlog/record"}: true, {"flowlog/record", "flowlog"}: true, {"flowlog/record", "flowlog/cut"}: true,
	{"flowlog/record", "flowlog/wrap"}: true, {"flowlog/record", "flowlog/join"}: true, {"flowlog/wrap", "flowlog"}: true, {"flowlog/devicelog", "flowlog/wrap"}: true,
	{"flowlog/endpoint", "flowlog"}: true, {"flowlog/endpoint", "flowlog/numbers"}: true, {"flowlog/textlog", "flowlog/endpoint"}: true, {"flowlog/jsonlog", "flowlog/endpoint"}: true,
	{"flowlog/called", "flowlog"}: true, {"flowlog/textlog", "flowlog/called"}: true, {"flowlog/jsonlog", "flowlog/called"}: true,
	{"flowlog/parquetlog", "flowlog/called"}: true, {"flowlog/arrowlog", "flowlog/called"}: true,
	{"flowlog/timeparts", "flowlog"}: true, {"flowlog/jsonlog", "flowlog/timeparts"}: true, {"flowlog/textlog", "flowlog/timeparts"}: true, {"flowlog/parquetlog", "flowlog/timeparts"}: true, {"flowlog/arrowlog", "flowlog/timeparts"}: true,
	{"flowlog/connstate", "flowlog/numbers"}: true, {"flowlog/numbers", "flowlog/clocks"}: true, {"flowlog/protocol", "flowlog/numbers"}: true, {"flowlog/columnnames", "words"}: true, {"flowlog/textlog", "flowlog/cut"}: true, {"flowlog/names", "flowlog/cut"}: true,
	{"flowlog/cut", "flowlog"}: true, {"flowlog/wrap", "flowlog/cut"}: true, {"flowlog/devicelog", "flowlog/cut"}: true, {"flowlog/join", "flowlog"}: true, {"flowlog/devicelog", "flowlog/join"}: true,
	{"flowlog/packetfilter", "flowlog/record"}: true, {"flowlog/packetfilter", "flowlog/cut"}: true, {"flowlog/all", "flowlog/packetfilter"}: true,
	{"flowlog/all", "flowlog/devicelog"}: true, {"flowlog/all", "flowlog/wrap"}: true,
	{"flowlog/write", "flowlog"}: true, {"flowlog/names", "flowlog"}: true, {"flowlog/logtest", "flowlog"}: true,
	{"flowlog/all", "flowlog/textlog"}: true, {"flowlog/all", "flowlog/jsonlog"}: true, {"flowlog/all", "flowlog/parquetlog"}: true,
	{"flowlog/all", "flowlog/arrowlog"}: true, {"flowlog/all", "flowlog/capturelog"}: true,
}

func TestImportsPointDown(t *testing.T) {
	out, err := exec.Command("go", "list", "-json=ImportPath,Imports,Doc", "beacon/...").Output()
	require.NoError(t, err)
	short := func(path string) string {
		return strings.TrimPrefix(strings.TrimPrefix(path, "beacon/"), "internal/")
	}
	packages := 0
	for decoder := json.NewDecoder(strings.NewReader(string(out))); decoder.More(); packages++ {
		var p struct {
			ImportPath, Doc string
			Imports         []string
		}
		require.NoError(t, decoder.Decode(&p))
		layer, ok := layers[short(p.ImportPath)]
		require.True(t, ok, "%s stands in no layer", p.ImportPath)
		require.NotEmpty(t, p.Doc, "%s has no package comment", p.ImportPath)
		for _, imported := range p.Imports {
			if !strings.HasPrefix(imported, "beacon/") || path.Dir(p.ImportPath) == imported || sideways[[2]string{short(p.ImportPath), short(imported)}] {
				continue
			}
			require.Less(t, layers[short(imported)], layer, "%s imports %s, which doesn't lie below it", p.ImportPath, imported)
		}
	}
	require.Greater(t, packages, 6)
}

// The lines that a file and a package have at most, tests not counted: past that, a second
// thing hides in it.
const maxFile, maxPackage = 400, 4000

func TestPackagesAreSmall(t *testing.T) {
	out, err := exec.Command("go", "list", "-f", "{{.ImportPath}}{{range .GoFiles}} {{$.Dir}}/{{.}}{{end}}", "beacon/...").Output()
	require.NoError(t, err)
	for line := range strings.Lines(string(out)) {
		words := strings.Fields(line)
		lines := 0
		for _, file := range words[1:] {
			n := strings.Count(read(t, file), "\n")
			require.LessOrEqual(t, n, maxFile, file)
			lines += n
		}
		require.LessOrEqual(t, lines, maxPackage, words[0])
	}
}

// Arrow's imports stand where the design keeps them, so that a move to its next
// version is one rename.
func TestArrowStaysBelow(t *testing.T) {
	out, err := exec.Command("go", "list", "-f", "{{.ImportPath}} {{join .Imports \" \"}}", "beacon/...").Output()
	require.NoError(t, err)
	for line := range strings.Lines(string(out)) {
		words := strings.Fields(line)
		for _, imported := range words[1:] {
			if strings.HasPrefix(imported, "github.com/apache/arrow/") {
				require.Contains(t, []string{"flow", "parquetlog", "arrowlog", "write", "machine", "past", "eval"}, path.Base(words[0]))
			}
			require.NotContains(t, imported, "pqarrow", words[0])
		}
	}
}

// Files that the README's commands leave at the top level don't count: only what
// git tracks does.
func TestTopLevel(t *testing.T) {
	out, err := exec.Command("git", "-C", "../..", "ls-tree", "--name-only", "HEAD").Output()
	if err != nil {
		t.Skip("this is no git checkout")
	}
	card := map[string]bool{"cmd": true, "internal": true, "testdata": true, "go.mod": true, "go.sum": true, "Makefile": true, "README.md": true}
	names := strings.Fields(string(out))
	require.Subset(t, names, slices.Collect(maps.Keys(card)))
	for _, name := range names {
		require.True(t, card[name] || strings.HasPrefix(name, "."), "%s stands at the top level", name)
	}
}
