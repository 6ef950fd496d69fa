package term

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"beacon/internal/beacon"
	"beacon/internal/netset"
	"beacon/internal/reason"
	"beacon/internal/report"
	"beacon/internal/words"
)

// What an explanation lists at most.
const (
	maxExplainSources  = 30
	maxExplainFindings = 30
	maxExplainPorts    = 10
	maxExplainNames    = 10
	maxExplainMissing  = 30
	maxExplainCalled   = 20
)

// Explain draws one destination, whether it was flagged or not: its slots as a strip with
// the missing ones marked, the flows of each, what chance alone would fill, its series,
// shape, sources, ports and names, and its schedules if the rhythm rule was asked. f is
// its finding by the every-minute rule, with all slots counted.
func Explain(w io.Writer, f *beacon.Finding, fs *beacon.Findings, o Options) error {
	t := newTable(w, fs, o)
	slots := slotFlows(f, &fs.Query)
	t.explainHead(f, slots)
	t.strip(slots)
	t.slotGrid(slots)
	t.explainSeries(f)
	t.explainSources(f)
	host := f.Destinations[0].Host
	t.explainSchedules("schedules", func(f *beacon.Finding) bool { return calls(f, host) })
	if ports := f.Day.Ports; len(ports) > 0 {
		t.note("ports, with flows: " + report.PortList(ports[:min(len(ports), maxExplainPorts)]) + words.AndMore(len(ports)-maxExplainPorts))
	}
	t.explainNames(&f.Destinations[0])
	t.note(report.TotalsLine(&fs.Totals, fs.Zone))
	return t.w.Flush()
}

// explainNames lists the names of an address, and the addresses of a name.
func (t *table) explainNames(d *beacon.Destination) {
	if len(d.Names) > 0 {
		t.note("names: " + nameList(d.Names))
	}
	if len(d.Addresses) > 0 {
		t.note("addresses: " + nameList(report.Addresses(d.Addresses)))
	}
	if d.Labels > 0 {
		t.note("asked for: " + words.Plural(int64(d.Labels), "name", "names") + " of this domain")
	}
}

func nameList(names []string) string {
	return strings.Join(words.PlainAll(names[:min(len(names), maxExplainNames)]), ", ") + words.AndMore(len(names)-maxExplainNames)
}

func calls(f *beacon.Finding, host netset.Host) bool {
	return slices.ContainsFunc(f.Destinations, func(d beacon.Destination) bool { return d.Host == host })
}

// Subject is a source that is explained.
type Subject struct {
	Name string // its address, or the name that was asked for
	Is   func(s *beacon.Source) bool
}

// of tells whether the subject is a source of a finding.
func (s *Subject) of(f *beacon.Finding) bool {
	return slices.ContainsFunc(f.Sources, func(o beacon.Source) bool { return s.Is(&o) })
}

// explainHead draws the verdict of the every-minute rule and what it rests on.
func (t *table) explainHead(f *beacon.Finding, slots []int64) {
	q := &t.fs.Query
	called := 0
	var missing []string
	for slot, n := range slots {
		if n > 0 {
			called++
		} else {
			missing = append(missing, fmt.Sprint(slot))
		}
	}
	verdict := "flagged"
	if called < q.Slots {
		verdict = "not flagged"
	}
	t.write(t.paragraph(shapeColor(f.Day.Shape), fmt.Sprintf("%s, %s, %s", words.Plain(f.Destinations[0].Host.Text()), f.Destinations[0].Kind, f.Day.Shape))...)
	if origin := f.Destinations[0].OriginWords(); origin != "" {
		t.note("origin: " + origin)
	}
	if f.Explanation != "" {
		t.note("explained by " + f.Explanation)
	}
	t.note(fmt.Sprintf("%s: called in %d of %d slots of %s, and the rule needs %d", verdict, called, len(slots), words.Step(q.Bucket), q.Slots))
	if len(missing) > 0 {
		t.note("missing: " + strings.Join(missing[:min(len(missing), maxExplainMissing)], ", ") + words.AndMore(len(missing)-maxExplainMissing))
	}
	e := &f.Day.Evidence
	chance := fmt.Sprintf("chance: %s at random would fill %.1f slots, and %d or more with a probability of %s",
		words.Plural(f.Flows, "flow", "flows"), e.ChanceSlots, q.Slots, words.Tenths(e.ChanceAll))
	switch {
	case e.ByChance() && called < q.Slots:
		chance += "; the missing slots are no accident"
	case e.ByChance():
		chance += "; judge by the shape"
	}
	t.note(chance)
	t.bullets(reason.Texts(f.Reasons, t.fs.Zone))
	if called >= q.Slots {
		t.note("  " + rankLine(f))
	}
}

func (t *table) bullets(list []string) {
	for _, text := range list {
		t.note("  - " + text)
	}
}

// rankLine says what a finding's place among those of its verdict rests on.
func rankLine(f *beacon.Finding) string {
	parts := make([]string, 0, len(f.Score.Parts()))
	for _, p := range f.Score.Parts() {
		parts = append(parts, fmt.Sprintf("%s %.2f × %.0f", p.Name, p.Value, p.Weight))
	}
	return fmt.Sprintf("rank: score %.2f of 1, the mean of %s", f.Score.Total, strings.Join(parts, ", "))
}

// explainSources lists who called, in the order of the query.
func (t *table) explainSources(f *beacon.Finding) {
	t.line("", words.Plural(int64(len(f.Sources)), "source", "sources"))
	shown := f.Sources[:min(len(f.Sources), maxExplainSources)]
	columns := []column{{head: "source"}, {head: "known as", keep: 1}, {head: "from", keep: 1}, {head: "flows", right: true, keep: 2}}
	rows := make([][]string, len(shown))
	for i, s := range shown {
		rows[i] = []string{"  " + s.Addr.String(), words.Plain(s.Label()), t.fs.Zone.Seconds(s.First, s.Last), words.Plural(s.Flows, "flow", "flows")}
	}
	t.rows(columns, rows)
	if more := words.AndMore(len(f.Sources) - len(shown)); more != "" {
		t.line("", " "+more)
	}
}

// rows writes rows without a head.
func (t *table) rows(columns []column, rows [][]string) {
	kept, widths := fit(columns, rows, t.width)
	for _, row := range rows {
		t.line("", joined(columns, kept, widths, row))
	}
}

// explainSchedules lists the schedules and the long connections that keep selects, with all
// their reasons, as far as their rules were asked.
func (t *table) explainSchedules(head string, keep func(*beacon.Finding) bool) {
	if t.fs.Query.Rules.Has(beacon.EveryRhythm) {
		t.explainFindings(head, "none: too few calls, or none that keep time", beacon.ScopeSchedule, keep)
	}
	if t.fs.Query.Rules.Has(beacon.EveryLong) {
		t.explainFindings("long connections", "none that last for "+words.Length(t.fs.Query.MinDuration)+", alone or on one day", beacon.ScopeConnection, keep)
	}
}

// explainFindings lists the findings of a scope that keep selects, or says that there are none.
func (t *table) explainFindings(head, none string, scope beacon.Scope, keep func(*beacon.Finding) bool) {
	t.line("", "")
	t.line("", head)
	var list []*beacon.Finding
	for f := range t.fs.Of(scope) {
		if keep(f) {
			list = append(list, f)
		}
	}
	if len(list) == 0 {
		t.note("  " + none)
	}
	for _, f := range list[:min(len(list), maxExplainFindings)] {
		t.explainSchedule(f)
	}
	if more := words.AndMore(len(list) - maxExplainFindings); more != "" {
		t.line("", " "+more)
	}
	t.line("", "")
}

// explainSchedule draws one schedule.
func (t *table) explainSchedule(f *beacon.Finding) {
	v := newView(f, t.fs.Zone)
	t.write(t.paragraph(v.color(), fmt.Sprintf("%s: %s, %s; %s", f.Verdict, report.ScheduleName(f), report.PatternWords(f, t.fs.Zone), words.Plural(f.Calls, "call", "calls")))...)
	if len(v.names) > 0 {
		t.note("  names: " + nameList(v.names))
	}
	if len(v.addresses) > 0 {
		t.note("  addresses: " + nameList(v.addresses))
	}
	if v.origin != "" {
		t.note("  origin: " + v.origin)
	}
	if v.label != "" {
		t.note("  source: " + v.label)
	}
	if len(v.destinations) > 1 {
		t.note("  destinations: " + strings.Join(v.destinations, ", "))
	}
	if len(v.sources) > 1 {
		t.note("  sources: " + strings.Join(v.sources, ", "))
	}
	t.note("  from " + t.fs.Zone.Seconds(f.First, f.Last))
	t.bullets(v.reasons)
	t.note("  " + rankLine(f))
}

// ExplainPair draws what is known of the calls of a source to a destination: how many
// they are, and the schedules that they keep. port is 0 for any; day is the destination's
// finding by the every-minute rule, with all slots counted.
func ExplainPair(w io.Writer, source Subject, port uint16, day *beacon.Finding, fs *beacon.Findings, o Options) error {
	t := newTable(w, fs, o)
	host := day.Destinations[0].Host
	name := source.Name + " > " + host.Endpoint(port)
	if d := &day.Destinations[0]; len(d.Names) > 0 {
		name += "  " + nameList(d.Names)
	} else if behind := report.Behind(d); behind != "" {
		name += "  " + words.Plain(behind)
	}
	t.note(name)
	for _, s := range day.Sources {
		if source.Is(&s) {
			size := ""
			if s.Bytes > 0 {
				size = ", " + words.Size(s.Bytes)
			}
			t.note(fmt.Sprintf("%s on all ports%s, %s", words.Plural(s.Flows, "flow", "flows"), size, fs.Zone.Seconds(s.First, s.Last)))
		}
	}
	t.note(fmt.Sprintf("the destination is called by %s in all", words.Plural(int64(len(day.Sources)), "source", "sources")))
	t.explainSchedules("schedules of the pair", func(f *beacon.Finding) bool {
		return calls(f, host) && source.of(f) && (port == 0 || f.Port == port || f.PortVaries)
	})
	t.note(report.TotalsLine(&fs.Totals, fs.Zone))
	return t.w.Flush()
}

// Called is the flows of a host to one port of one destination.
type Called struct {
	Destination netset.Host
	Port        uint16   // 0 if unknown
	Names       []string // that it was called by
	Flows       int64
	Bytes       int64
	First, Last int64 // start of the first and last flow, ns since the Unix epoch
}

// ExplainSource draws an internal host: its findings, ranked, and what it calls. called
// may be nil where that isn't known.
func ExplainSource(w io.Writer, source Subject, called []Called, fs *beacon.Findings, o Options) error {
	t := newTable(w, fs, o)
	list, verdicts := t.listing(source.of), map[beacon.Verdict]int{}
	for f := range fs.All() {
		if source.of(f) {
			list.add(t.view(f))
			verdicts[f.Verdict]++
		}
	}
	destinations := map[netset.Host]bool{}
	for _, c := range called {
		destinations[c.Destination] = true
	}
	head := source.Name + " calls:"
	if called != nil {
		head = fmt.Sprintf("%s calls: %s", source.Name, words.Plural(int64(len(destinations)), "destination", "destinations"))
	}
	if list.n == 0 {
		head += ", and none of them is a finding"
	} else {
		head += ", with " + headline(func(v beacon.Verdict) int { return verdicts[v] })
	}
	t.note(head)
	t.findings(list, 0, math.MaxInt)
	t.called(called)
	t.note(report.TotalsLine(&fs.Totals, fs.Zone))
	return t.w.Flush()
}

// called lists what a host calls, most flows first.
func (t *table) called(list []Called) {
	if len(list) == 0 {
		return
	}
	columns := []column{{head: "destination"}, {head: "name", keep: 4, most: nameMost}, {head: "flows", right: true, keep: 5}, {head: "bytes", right: true, keep: 3}, {head: "first", keep: 2}, {head: "last", keep: 1}}
	rows := [][]string{{"destination", "name", "flows", "bytes", t.inZone("first"), t.inZone("last")}}
	shown := list[:min(len(list), maxExplainCalled)]
	for _, c := range shown {
		name := ""
		if len(c.Names) > 0 {
			name = words.Plain(c.Names[0])
		}
		rows = append(rows, []string{c.Destination.Endpoint(c.Port), name, words.Thousands(c.Flows), words.Size(c.Bytes), t.fs.Zone.ToMinute(c.First), t.fs.Zone.ToMinute(c.Last)})
	}
	t.line("", "")
	t.rows(columns, rows)
	if more := len(list) - len(shown); more > 0 {
		t.line("", "and "+words.Thousands(int64(more))+" more")
	}
	t.line("", "")
}
