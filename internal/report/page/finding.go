package page

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"beacon/internal/beacon"
	"beacon/internal/netset"
	"beacon/internal/reason"
	"beacon/internal/report"
	"beacon/internal/report/picture"
	"beacon/internal/words"
)

// pageFinding is one finding of the page: a row of the table, and what it opens to.
type pageFinding struct {
	ID, Verdict         string
	Hidden              bool // until its verdict is checked
	Rank, VerdictRank   int
	Destination         pageHost
	Source              pageHost
	Port                string
	PortKey             int // sorts by port; -1 where it varies
	Does                string
	Period              float64 // seconds; 0 of the every-minute rule
	ByChance            bool
	Flows               int64
	FlowsText           string
	First, Last         int64 // ms since the Unix epoch
	FirstText, LastText string
	Spark               string // path of SVG

	Explanation  string
	Reasons      []string
	Day          *pageDay
	Pictures     []pagePicture
	PicturesNote string
	Evidence     []fact
	Ports        []pagePort
	MorePorts    string
	Names        []string
	MoreNames    string
	Addresses    []string // that names were met at
	MoreAddrs    string
	Destinations pageTable
	Sources      pageTable
}

// pageHost is the first source or destination of a finding, as the table shows it.
type pageHost struct {
	Addr, SortKey, Name string
	More                string // " and 9 more"; empty where there is one
	Group               string // heading that findings of the same hosts share
}

// pageTable is a table as lines of tab-separated cells, the first line its head: it becomes
// a table when its finding is opened.
type pageTable struct {
	Caption, Lines string
}

type pagePort struct {
	Port  uint16
	Flows string
}

// What is listed of one finding.
const (
	maxPagePorts = 20
	maxPageNames = 50
)

// Size of a sparkline in units of its SVG, and the stretches of time that it has.
const (
	sparkWide, sparkHigh = 120, 20
	sparkPieces          = 60
)

// finding returns the page's view of finding number n, each of whose pictures may take room
// bytes.
func (p *page) finding(n int, f *beacon.Finding, fs *beacon.Findings, room int) (pageFinding, error) {
	const ms = 1_000_000
	v := pageFinding{
		ID: "f" + strconv.Itoa(n), Verdict: string(f.Verdict), Hidden: f.Verdict != beacon.VerdictBeacon, Rank: f.Rank, VerdictRank: slices.Index(beacon.Verdicts(), f.Verdict),
		Destination: destinationHost(f), Source: sourceHost(f),
		Flows: f.Flows, FlowsText: words.Thousands(f.Flows),
		First: f.First / ms, Last: f.Last / ms, FirstText: p.zone.ToMinute(f.First), LastText: p.zone.ToMinute(f.Last),
		Explanation: words.Plain(f.Explanation), Reasons: words.PlainAll(reason.Texts(f.Reasons, p.zone)),
		Destinations: p.destinationTable(f), Sources: p.sourceTable(f),
	}
	v.Port, v.PortKey = portWords(f)
	var names, addresses []string
	for i := range f.Destinations {
		names = append(names, f.Destinations[i].Names...)
		addresses = append(addresses, report.Addresses(f.Destinations[i].Addresses)...)
	}
	v.Addresses = addresses[:min(len(addresses), maxPageNames)]
	v.MoreAddrs = words.AndMore(len(addresses) - maxPageNames)
	v.Names = words.PlainAll(names[:min(len(names), maxPageNames)])
	v.MoreNames = words.AndMore(len(names) - maxPageNames)
	if f.Day != nil {
		return v, p.addDay(&v, f, fs)
	}
	if f.Lasting != nil {
		v.Does = does(f, p.zone)
		return v, nil
	}
	p.addSchedule(&v, f, fs, room)
	return v, nil
}

// addDay adds what the every-minute rule knows of a destination.
func (p *page) addDay(v *pageFinding, f *beacon.Finding, fs *beacon.Findings) error {
	day, err := p.day(f, fs)
	if err != nil {
		return err
	}
	v.Day = day
	first, last := p.Lo*int64(fs.Query.Bucket), p.Hi*int64(fs.Query.Bucket)-1
	v.Spark = areaPath(picture.Stretches(&f.Day.Series, first, last, sparkPieces), sparkWide, sparkHigh)
	v.ByChance = f.Day.Evidence.ByChance()
	v.Does = does(f, p.zone)
	v.Evidence = evidenceFacts(f, p.HasBytes, p.zone)
	for _, port := range f.Day.Ports[:min(len(f.Day.Ports), maxPagePorts)] {
		v.Ports = append(v.Ports, pagePort{port.Port, words.Thousands(port.Flows)})
	}
	v.MorePorts = words.AndMore(len(f.Day.Ports) - maxPagePorts)
	return nil
}

// addSchedule adds what the rhythm rule knows of a timer.
func (p *page) addSchedule(v *pageFinding, f *beacon.Finding, fs *beacon.Findings, room int) {
	s := f.Schedule
	v.Does, v.Period = does(f, p.zone), s.Period.Seconds()
	if v.Does == "" && len(v.Reasons) > 0 {
		v.Does = v.Reasons[0]
	}
	v.Evidence = scheduleFacts(f, p.HasBytes, p.zone)
	v.Spark = callsPath(f, &fs.Totals)
	for _, pic := range picture.Of(s, &fs.Totals) {
		v.Pictures = append(v.Pictures, newPagePicture(&pic, room, p.zone))
	}
	if len(v.Pictures) > 0 {
		v.PicturesNote = picturesNote(f)
	}
}

// picturesNote says what the marks of a schedule's pictures mean.
func picturesNote(f *beacon.Finding) string {
	s := f.Schedule
	var parts []string
	if n := len(f.Sources); n > 1 {
		parts = append(parts, fmt.Sprintf("Drawn are the calls of %s, the first of %s sources.", s.Pairs[0].Source, words.Thousands(int64(n))))
	}
	if s.Period > 0 {
		parts = append(parts, fmt.Sprintf("T is the period, %s: an interval of 2T means one missed call, 3T two.", words.Period(s.Period)))
		if len(s.Changes) > 0 {
			parts[len(parts)-1] = "T is the period at that time: an interval of 2T means one missed call, 3T two."
		}
		if s.Clock {
			parts = append(parts, "A call is due when the clock reaches the next multiple of the period.")
		} else {
			parts = append(parts, "A call is due one period after the call before it.")
		}
	}
	if s.RetryGap > 0 {
		parts = append(parts, fmt.Sprintf("The faintest dots are retries, at most %s after the flow before.", words.Period(s.RetryGap)))
	}
	return strings.Join(parts, " ")
}

func destinationHost(f *beacon.Finding) pageHost {
	d := &f.Destinations[0]
	h := pageHost{Addr: d.Host.String(), SortKey: sortKey(d.Host), More: words.AndMore(len(f.Destinations) - 1)}
	h.Name = words.Plain(report.Behind(d))
	h.Group = h.Addr + h.More
	return h
}

func sourceHost(f *beacon.Finding) pageHost {
	h := pageHost{Addr: f.Sources[0].Addr.String(), SortKey: sortKey(f.Sources[0].Addr), Name: words.Plain(f.Sources[0].Label()), More: words.AndMore(len(f.Sources) - 1)}
	h.Group = h.Addr + h.More
	return h
}

// portWords returns the port of a finding, and the number that sorts it.
func portWords(f *beacon.Finding) (string, int) {
	switch {
	case f.PortVaries:
		return "varies", -1
	case f.Day == nil:
		return strconv.Itoa(int(f.Port)), int(f.Port)
	case len(f.Day.Ports) == 0:
		return "", -1
	}
	first := f.Day.Ports[0].Port
	return strconv.Itoa(int(first)) + words.AndMore(len(f.Day.Ports)-1), int(first)
}

func (p *page) destinationTable(f *beacon.Finding) pageTable {
	head := []string{"destination", "kind", "flows"}
	named := slices.ContainsFunc(f.Destinations, func(d beacon.Destination) bool { return report.Behind(&d) != "" })
	if named {
		head = slices.Insert(head, 1, "name")
	}
	known := slices.ContainsFunc(f.Destinations, func(d beacon.Destination) bool { return len(d.Origins) > 0 })
	if known {
		head = append(head, "origin")
	}
	if p.HasBytes {
		head = append(head, "bytes")
	}
	lines := newLines(head...)
	for i, d := range f.Destinations {
		flows, bytes := d.Flows, d.Bytes
		if len(f.Destinations) == 1 {
			flows, bytes = f.Flows, f.Bytes
		}
		row := []string{d.Host.String()}
		if named {
			row = append(row, words.Plain(report.Behind(&d)))
		}
		row = append(row, string(netset.KindOf(d.Host)), words.Thousands(flows))
		if known {
			row = append(row, words.Plain(d.OriginWords()))
		}
		if p.HasBytes {
			row = append(row, words.Thousands(bytes))
		}
		if lines.add(row...); lines.size() > p.tableRoom {
			lines.more(len(f.Destinations)-i-1, "the JSON output has all of them")
			break
		}
	}
	return pageTable{words.Plural(int64(len(f.Destinations)), "destination", "destinations"), lines.text()}
}

func (p *page) sourceTable(f *beacon.Finding) pageTable {
	head := []string{"source", "first call (" + p.Zone + ")", "last call (" + p.Zone + ")", "flows"}
	named := slices.ContainsFunc(f.Sources, func(s beacon.Source) bool { return s.Label() != "" })
	if named {
		head = append(head, "known as")
	}
	if p.HasBytes {
		head = append(head, "bytes")
	}
	lines := newLines(head...)
	for i, s := range f.Sources {
		row := []string{s.Addr.String(), p.zone.ToSecond(s.First), p.zone.ToSecond(s.Last), words.Thousands(s.Flows)}
		if named {
			row = append(row, words.Plain(s.Label()))
		}
		if p.HasBytes {
			row = append(row, words.Thousands(s.Bytes))
		}
		if lines.add(row...); lines.size() > p.tableRoom {
			lines.more(len(f.Sources)-i-1, "the JSON output has all of them")
			break
		}
	}
	return pageTable{words.Plural(int64(len(f.Sources)), "source", "sources"), lines.text()}
}

// sortKey orders hosts as text, IPv4 before IPv6 before names; it is never a number.
func sortKey(h netset.Host) string {
	if h.IsName() {
		return "name " + h.Name
	}
	a := h.Addr
	return fmt.Sprintf("ip%d%x", a.BitLen()/32, a.As16())
}
