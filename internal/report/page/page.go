// Package page draws findings as one HTML page that is complete in itself.
package page

import (
	"bufio"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"beacon/internal/beacon"
	"beacon/internal/flow"
	"beacon/internal/markup"
	"beacon/internal/netset"
	"beacon/internal/report"
	"beacon/internal/stats"
	"beacon/internal/words"
)

// The page's parts. uplot.* are uPlot 1.6.32 (MIT), as published.
//
//go:embed page.html page.css page.js uplot.css uplot.js uplot.LICENSE
var pageFiles embed.FS

var pageTemplate = parsePage()

func parsePage() *markup.Template {
	t, err := markup.Parse("page.html", pageFile("page.html"))
	if err != nil {
		panic(err) // it is embedded
	}
	return t
}

func pageFile(name string) string {
	text, err := pageFiles.ReadFile(name)
	if err != nil {
		panic(err) // it is embedded
	}
	return string(text)
}

// page holds what the template shows. Everything that comes from the log is a
// string, so the template escapes it; the other types are the program's own.
type page struct {
	Policy                 string
	Style, Library, Script markup.HTML
	Title, Rule            string
	Command, Program, Near string
	Facts                  []fact
	Warnings               []beacon.Warning
	Lo, Hi                 int64 // buckets of the log, Hi excluded
	BucketSeconds          float64
	CycleSlots, LastSlot   int
	BucketName             string
	FirstText, LastText    string // with the zone
	Zone, Place            string // what the zone is called over the log, and its name
	Offsets                string // of the zone from UTC: seconds since the Unix epoch, a colon, seconds ahead, separated by spaces
	Verdicts               []pageKind
	Heads                  []pageHead
	Findings               []pageFinding
	Others                 pageTable // the findings that aren't drawn
	AnyByChance, HasBytes  bool
	Sources, SourcesText   string
	PairsText              string // how many pairs the rhythm rule judged
	Empty                  string // why there is no finding
	Licence                string
	zone                   words.Zone
	tableRoom              int  // bytes that a table of a finding may take
	coarse                 bool // pictures for paper take fewer bytes
}

type fact struct{ Name, Text string }

// pageKind is a verdict that the page can hide, and how many findings have it.
type pageKind struct {
	Name    string
	N       int
	Checked bool
}

// pageHead is a column's head: what it sorts by, and how it is sorted at first.
type pageHead struct{ Name, Key, Class, Sort string }

var pageHeads = []pageHead{
	{"#", "rank", "rank", "ascending"}, {"verdict", "verdict", "", ""}, {"destination", "destination", "", ""}, {"source", "source", "", ""},
	{"port", "port", "num", ""}, {"what it does", "period", "does", ""}, {"flows", "flows", "num mid", ""},
	{"first", "first", "wide", ""}, {"last", "last", "wide", ""}, {"calls over the log", "", "spark", ""},
}

// heads returns the heads of the columns: those of times name the zone.
func heads(fs *beacon.Findings) []pageHead {
	list := slices.Clone(pageHeads)
	for i := range list {
		if list[i].Key == "first" || list[i].Key == "last" {
			list[i].Name += " (" + fs.Zone.Name(fs.Totals.First, fs.Totals.Last) + ")"
		}
	}
	return list
}

// offsets returns what the clocks of the zone are ahead of UTC, for the script.
func offsets(fs *beacon.Findings) string {
	var parts []string
	for _, o := range fs.Zone.Offsets(fs.Totals.First, max(fs.Totals.First, fs.Totals.Last)) {
		parts = append(parts, fmt.Sprintf("%d:%.0f", stats.FloorDiv(o.From, int64(time.Second)), o.Ahead.Seconds()))
	}
	return strings.Join(parts, " ")
}

// DefaultTop is how many findings a page draws where the caller names no number.
const DefaultTop = 500

// Bytes that the parts of a page may take, which grow with the findings: a page stays
// below 5 MB, which a browser opens at once.
const (
	pageMost   = 4_700_000 // all but the fixed parts, which take 0.2 MB
	listedMost = 1_000_000 // the lines of the findings that aren't drawn, 70 bytes each
	hostsMost  = 256_000   // the list of all sources
	tablesMost = 500_000   // the tables of sources and destinations, in equal shares
	tableLeast = 1_000     // one of them however many there are
	tableMost  = 64_000    // and however few
	rowBytes   = 4_300     // about what a drawn finding's markup takes beside its pictures and tables
	nameBytes  = 150       // likewise of a name or a port
)

// manyDrawn is how many drawn findings are many: their pictures for paper are coarser.
const manyDrawn = 100

// Write writes the findings as one page that is complete in itself: it asks
// nothing of a network, runs no script but its own and holds everything from
// the log as text. The first findings by rank, top of them, have pictures and tables;
// the others have a line each.
func Write(w io.Writer, fs *beacon.Findings, meta report.Meta, top int) error {
	out := bufio.NewWriterSize(w, 1<<16)
	p, err := newPage(fs, meta, top)
	if err == nil {
		err = pageTemplate.Execute(out, p)
	}
	if err == nil {
		err = out.Flush()
	}
	if err != nil {
		return fmt.Errorf("writing the page: %w", err)
	}
	return nil
}

func newPage(fs *beacon.Findings, meta report.Meta, top int) (*page, error) {
	q, t := &fs.Query, &fs.Totals
	bucket := max(q.Bucket, 1)
	p := &page{
		Style:         markup.HTML(pageFile("uplot.css") + pageFile("page.css")),
		Library:       markup.HTML(pageFile("uplot.js")),
		Script:        markup.HTML(pageFile("page.js")),
		Licence:       pageFile("uplot.LICENSE"),
		Title:         title(fs),
		Rule:          ruleText(q),
		Command:       words.Plain(meta.Command),
		Program:       words.Plain(meta.Program),
		Facts:         facts(fs, meta),
		BucketSeconds: bucket.Seconds(),
		BucketName:    words.Per(bucket),
		CycleSlots:    report.CycleSlots(q),
		FirstText:     fs.Zone.Minute(t.First), LastText: fs.Zone.Minute(t.Last),
		Zone: fs.Zone.Name(t.First, t.Last), Place: fs.Zone.Place(), Offsets: offsets(fs), zone: fs.Zone,
		Heads:    heads(fs),
		HasBytes: q.Want.Has(flow.Bytes),
		Sources:  addressLines(fs), SourcesText: words.Plural(int64(len(fs.Sources)), "internal source", "internal sources"),
	}
	if p.Program == "" {
		p.Program = "beacon"
	}
	p.LastSlot = p.CycleSlots - 1
	p.Lo, p.Hi = logBuckets(fs)
	if len(fs.Near) > 0 {
		p.Near = report.NearLine(fs)
	}
	for _, warning := range fs.Warnings {
		p.Warnings = append(p.Warnings, beacon.Warning{Text: words.Plain(warning.Text), Hint: words.Plain(warning.Hint)})
	}
	if err := p.addFindings(fs, top); err != nil {
		return nil, err
	}
	p.Policy = policy(string(p.Style), string(p.Library), string(p.Script))
	return p, nil
}

// addFindings adds the findings, in the order of their rank: the first ones drawn, as many
// as there is room for, the others as lines.
func (p *page) addFindings(fs *beacon.Findings, top int) error {
	var shown []beacon.Finding
	for f := range fs.All() {
		if len(shown) == top {
			break
		}
		shown = append(shown, *f)
	}
	room := pictureRoom(shown)
	p.tableRoom = min(max(tablesMost/max(len(shown), 1), tableLeast), tableMost)
	counts := map[beacon.Verdict]int{}
	p.coarse = len(shown) > manyDrawn
	others := p.listOthers(fs, len(shown))
	size := len(others) + len(p.Sources)
	for i := range shown {
		f, err := p.finding(i+1, &shown[i], fs, room)
		if err != nil {
			return err
		}
		if size += f.size(); size > pageMost && i > 0 {
			shown = shown[:i]
			others = p.listOthers(fs, i)
			break
		}
		p.Findings = append(p.Findings, f)
		p.AnyByChance = p.AnyByChance || f.ByChance
		counts[shown[i].Verdict]++
	}
	if n := fs.Len() - len(shown); n > 0 {
		p.Others = pageTable{words.Plural(int64(n), "finding of lower rank", "findings of lower rank"), others}
	}
	for _, v := range beacon.Verdicts() {
		if counts[v] > 0 {
			p.Verdicts = append(p.Verdicts, pageKind{string(v), counts[v], v == beacon.VerdictBeacon})
		}
	}
	if fs.Query.Rules.Has(beacon.EveryRhythm) {
		p.PairsText = words.Plural(int64(fs.PairTotals.Pairs), "pair of source, destination and port was", "pairs of source, destination and port were") + " judged."
	}
	if fs.Len() == 0 {
		p.Empty = "Nothing was flagged."
	}
	return nil
}

// title says what was found.
func title(fs *beacon.Findings) string {
	count := func(s beacon.Scope) int64 { return int64(fs.CountOf(s, beacon.VerdictBeacon)) }
	var parts []string
	if fs.Query.Rules.Has(beacon.EveryMinute) {
		parts = append(parts, words.Plural(count(beacon.ScopeDestination), "destination", "destinations")+" called in every slot")
	}
	if fs.Query.Rules.Has(beacon.EveryRhythm) {
		parts = append(parts, words.Plural(count(beacon.ScopeSchedule), "schedule", "schedules"))
	}
	if fs.Query.Rules.Has(beacon.EveryLong) {
		parts = append(parts, words.Plural(count(beacon.ScopeConnection), "long connection", "long connections"))
	}
	return "beacon: " + strings.Join(parts, ", ")
}

// policy returns the page's Content-Security-Policy: nothing is loaded, and only the
// style and the scripts with these very bytes are taken.
func policy(style string, scripts ...string) string {
	hash := func(text string) string {
		sum := sha256.Sum256([]byte(text))
		return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
	}
	var allowed []string
	for _, s := range scripts {
		allowed = append(allowed, hash(s))
	}
	return "default-src 'none'; script-src " + strings.Join(allowed, " ") + "; style-src " + hash(style) +
		"; img-src data:; base-uri 'none'; form-action 'none'"
}

// logBuckets returns the first bucket of the log and the one after its last.
func logBuckets(fs *beacon.Findings) (lo, hi int64) {
	bucket := int64(max(fs.Query.Bucket, 1))
	if fs.Totals.First > fs.Totals.Last {
		return 0, 1
	}
	lo, hi = stats.FloorDiv(fs.Totals.First, bucket), stats.FloorDiv(fs.Totals.Last, bucket)+1
	for f := range fs.Of(beacon.ScopeDestination) { // flows that span buckets reach beyond the last start
		if counts := f.Day.Series.Counts; len(counts) > 0 {
			lo, hi = min(lo, counts[0].Index), max(hi, counts[len(counts)-1].Index+1)
		}
	}
	return lo, hi
}

// ruleText returns a sentence for each rule.
func ruleText(q *beacon.Query) string {
	var list []string
	if q.Rules.Has(beacon.EveryMinute) && q.Bucket > 0 && q.Cycle > 0 {
		list = append(list, fmt.Sprintf("External addresses that internal hosts called in at least %d of the %d slots of a cycle (slots of %s, a cycle of %s), over the whole log, all days and sources pooled.",
			q.Slots, q.CycleSlots(), words.Step(q.Bucket), words.Step(q.Cycle)))
	}
	if q.Rules.Has(beacon.EveryRhythm) {
		list = append(list, fmt.Sprintf("Schedules: internal hosts whose calls keep time, at a false-discovery rate of %g.", q.Decision.FDR))
	}
	if q.Rules.Has(beacon.EveryLong) {
		list = append(list, fmt.Sprintf("Connections of an internal host that last %s, one of them or those of a day together.", words.Length(q.MinDuration)))
	}
	return strings.Join(list, " ")
}

// spaced returns the networks of a set, which a browser may break between two of them.
func spaced(set *netset.Set) string { return strings.ReplaceAll(set.String(), ",", ", ") }

// facts returns what was read and by which settings.
func facts(fs *beacon.Findings, meta report.Meta) []fact {
	q, t := &fs.Query, &fs.Totals
	list := []fact{
		{"Log", words.Plain(strings.Join(meta.Inputs, ", "))},
		{"Time", fs.Zone.Minutes(t.First, t.Last)},
		{"Flows read", words.Thousands(t.Flows)},
		{"Of these outbound", words.Thousands(t.Outbound)},
		{"Records skipped", words.Thousands(t.Bad)},
		{"Of another kind", words.Thousands(t.Other)},
		{"Excluded", words.Thousands(t.Excluded)},
		{"Addresses", words.Thousands(t.Addresses) + ", " + words.Thousands(t.InternalHosts) + " of them internal"},
	}
	if t.First > t.Last {
		list[1].Text = ""
	}
	if q.Internal != nil {
		text := spaced(q.Internal)
		if fs.Inferred {
			text += " (inferred)"
		}
		list = append(list, fact{"Internal networks", text})
	}
	if q.Exclude != nil {
		list = append(list, fact{"Left out", spaced(q.Exclude)})
	}
	list = append(list, fact{"Gone since the earlier findings", words.Plain(strings.Join(report.GoneLines(fs), "; "))})
	kept := list[:0]
	for _, f := range list {
		if f.Text != "" && f.Text != "0" {
			kept = append(kept, f)
		}
	}
	return kept
}

// addressLines returns the sources, one on a line, as many as there is room for.
func addressLines(fs *beacon.Findings) string {
	var b strings.Builder
	for i, a := range fs.Sources {
		if b.Len() > hostsMost {
			b.WriteString(strings.TrimSpace(words.AndMore(len(fs.Sources)-i)) + ": the address list has all of them\n")
			break
		}
		b.WriteString(a.String())
		b.WriteByte('\n')
	}
	return b.String()
}
