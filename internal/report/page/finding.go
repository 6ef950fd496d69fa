package page

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"html/template"
	"net/netip"
	"strconv"
	"strings"

	"beacon/internal/beacon"
	"beacon/internal/report/picture"
	"beacon/internal/shape"
	"beacon/internal/words"
)

// pageFinding is one finding of the page.
type pageFinding struct {
	ID, Destination, SortAddr string
	Kind, Shape, ShapeClass   string
	ShapeRank, Slots          int
	ByChance, OpenSources     bool
	Flows                     int64
	FlowsText                 string
	SourceCount               int
	SourcesText               string
	First, Last               int64 // ms since the Unix epoch
	FirstText, LastText       string
	Spark, Still              string // paths of SVG
	Peak                      int64
	Series                    string // gzip of varints in unpadded base64 for URLs; see page.js
	Heat                      template.URL
	HeatWide, HeatHigh        int
	Reasons                   []string
	Evidence                  []fact
	Ports                     []pagePort
	MorePorts, MoreNames      string
	Names                     []string
	SourceList                []pageSource
}

type pagePort struct {
	Port  uint16
	Flows string
}

type pageSource struct{ Addr, First, Last, Flows, Bytes string }

// What is listed of one finding, and how many sources are shown unasked.
const (
	maxPagePorts = 20
	maxPageNames = 50
	openSources  = 30
)

func (p *page) finding(f *beacon.Finding, i int, fs *beacon.Findings) (pageFinding, error) {
	packed, err := packSeries(&f.Day.Series, p.Lo)
	if err != nil {
		return pageFinding{}, err
	}
	heat, err := newHeatMap(&f.Day.Series, p.Lo, p.Hi, p.CycleSlots).png()
	if err != nil {
		return pageFinding{}, err
	}
	first, last := p.Lo*int64(fs.Query.Bucket), p.Hi*int64(fs.Query.Bucket)-1
	const ms = 1_000_000
	v := pageFinding{
		ID: "f" + strconv.Itoa(i), Destination: f.Destinations[0].Host.String(), SortAddr: sortKey(f.Destinations[0].Host),
		Kind: string(f.Destinations[0].Kind), Shape: string(f.Day.Shape), ShapeClass: shapeClass(f.Day.Shape), ShapeRank: f.Day.Shape.Rank(),
		Slots: f.Day.Slots, ByChance: f.Day.Evidence.ByChance(),
		Flows: f.Flows, FlowsText: words.Thousands(f.Flows),
		SourceCount: len(f.Sources), SourcesText: words.Plural(int64(len(f.Sources)), "source", "sources"), OpenSources: len(f.Sources) <= openSources,
		First: f.First / ms, Last: f.Last / ms, FirstText: words.ToMinute(f.First), LastText: words.ToMinute(f.Last),
		Spark: areaPath(picture.Stretches(&f.Day.Series, first, last, 60), 120, 20), Still: areaPath(picture.Stretches(&f.Day.Series, first, last, 600), 600, 90),
		Series: packed, Heat: template.URL("data:image/png;base64," + base64.StdEncoding.EncodeToString(heat)),
		HeatWide: 600, HeatHigh: 180,
		Reasons: beacon.Texts(f.Reasons), Evidence: evidenceFacts(f),
	}
	for _, c := range f.Day.Series.Counts {
		v.Peak = max(v.Peak, c.Calls)
	}
	for _, port := range f.Day.Ports[:min(len(f.Day.Ports), maxPagePorts)] {
		v.Ports = append(v.Ports, pagePort{port.Port, words.Thousands(port.Flows)})
	}
	v.MorePorts = words.AndMore(len(f.Day.Ports) - maxPagePorts)
	v.Names = words.PlainAll(f.Destinations[0].Names[:min(len(f.Destinations[0].Names), maxPageNames)])
	v.MoreNames = words.AndMore(len(f.Destinations[0].Names) - maxPageNames)
	for _, s := range f.Sources {
		v.SourceList = append(v.SourceList, pageSource{s.Addr.String(), words.ToSecond(s.First), words.ToSecond(s.Last), words.Thousands(s.Flows), words.Thousands(s.Bytes)})
	}
	return v, nil
}

// sortKey orders addresses as text, IPv4 before IPv6; it is never a number.
func sortKey(a netip.Addr) string {
	return fmt.Sprintf("ip%d%x", a.BitLen()/32, a.As16())
}

// packSeries is the counts as varints: the buckets skipped since the one
// before, beginning at lo, then the calls.
func packSeries(s *shape.Series, lo int64) (string, error) {
	var packed bytes.Buffer
	zip := gzip.NewWriter(&packed)
	var b []byte
	next := lo
	for _, c := range s.Counts {
		b = binary.AppendUvarint(b, uint64(c.Index-next))
		b = binary.AppendUvarint(b, uint64(c.Calls))
		next = c.Index + 1
	}
	if _, err := zip.Write(b); err != nil {
		return "", err
	}
	if err := zip.Close(); err != nil {
		return "", err
	}
	return base64.RawURLEncoding.EncodeToString(packed.Bytes()), nil
}

// areaPath is the busiest bucket of each stretch as an SVG path of whole
// numbers, the peak at the full height; any call shows.
func areaPath(all []picture.Stretch, wide, high int) string {
	most := int64(1)
	for _, s := range all {
		most = max(most, s.Max)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "M0 %d", high)
	before := int64(high)
	for i, s := range all {
		y := int64(high) - (s.Max*int64(high)+most-1)/most
		if y != before {
			fmt.Fprintf(&b, "H%dV%d", i*wide/len(all), y)
			before = y
		}
	}
	fmt.Fprintf(&b, "H%dV%dZ", wide, high)
	return b.String()
}

// evidenceFacts is the numbers of a finding for people.
func evidenceFacts(f *beacon.Finding) []fact {
	e := &f.Day.Evidence
	list := []fact{
		{"slots called", strconv.Itoa(f.Day.Slots)},
		{"slots that chance would fill", fmt.Sprintf("%.1f", e.ChanceSlots)},
		{"chance to hold the rule", words.Tenths(e.ChanceAll)},
		{"flows", words.Thousands(f.Flows)},
		{"bytes", words.Thousands(f.Bytes)},
		{"first call", words.ToSecond(f.First)},
		{"last call", words.ToSecond(f.Last)},
		{"active share of time", words.Tenths(e.ActiveShare)},
		{"active hours of the day", fmt.Sprintf("%.0f of 24", e.ActiveHours*24)},
		{"active runs", words.Thousands(int64(e.Runs))},
		{"median run", words.Length(e.RunLength)},
		{"runs repeated on other days", words.Tenths(e.Regularity)},
		{"busiest 8 hours to quietest", fmt.Sprintf("%.1f", e.DayNight)},
		{"internal addresses that call", words.Tenths(e.Prevalence)},
	}
	if len(e.RunTimes) > 0 {
		list = append(list, fact{"runs begin near", strings.Join(words.Clocks(e.RunTimes), ", ")})
	}
	return list
}
