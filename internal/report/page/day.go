package page

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"strings"

	"beacon/internal/beacon"
	"beacon/internal/markup"
	"beacon/internal/report/picture"
	"beacon/internal/shape"
)

// pageDay is the pictures of a destination of the every-minute rule.
type pageDay struct {
	Still              string // path of SVG
	Peak               int64
	Series             string // gzip of varints in unpadded base64 for URLs; see page.js
	Heat               markup.HTML
	HeatWide, HeatHigh int
}

// Sizes of a destination's pictures in pixels.
const (
	stillWide, stillHigh = 600, 90
	heatWide, heatHigh   = 600, 180
)

// day draws a destination's calls over the log and by slot.
func (p *page) day(f *beacon.Finding, fs *beacon.Findings) (*pageDay, error) {
	packed, err := packSeries(&f.Day.Series, p.Lo)
	if err != nil {
		return nil, err
	}
	heat, err := newHeatMap(&f.Day.Series, p.Lo, p.Hi, p.CycleSlots).png()
	if err != nil {
		return nil, err
	}
	first, last := p.Lo*int64(fs.Query.Bucket), p.Hi*int64(fs.Query.Bucket)-1
	pieces := stillWide
	if p.coarse {
		pieces = sparkPieces
	}
	d := &pageDay{
		Still:  areaPath(picture.Stretches(&f.Day.Series, first, last, pieces), stillWide, stillHigh),
		Series: packed, Heat: markup.HTML("data:image/png;base64," + base64.StdEncoding.EncodeToString(heat)),
		HeatWide: heatWide, HeatHigh: heatHigh,
	}
	for _, c := range f.Day.Series.Counts {
		d.Peak = max(d.Peak, c.Calls)
	}
	return d, nil
}

// packSeries returns the counts as varints: the buckets skipped since the one before,
// beginning at lo, then the calls.
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

// areaPath returns the busiest bucket of each stretch as an SVG path of whole numbers, the
// peak at the full height; any call shows.
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

// callsPath returns the calls of a schedule over the log as areaPath does: those of its
// first source, or a line from the first to the last where the times aren't known.
func callsPath(f *beacon.Finding, t *beacon.Totals) string {
	first, length := t.First, max(t.Last-t.First+1, 1)
	piece := func(at int64) int {
		return min(max(int(float64(at-first)/float64(length)*sparkPieces), 0), sparkPieces-1)
	}
	times := f.Schedule.Times()
	if len(times) == 0 {
		from, to := piece(f.First)*sparkWide/sparkPieces, (piece(f.Last)+1)*sparkWide/sparkPieces
		return fmt.Sprintf("M%d %dH%dv2H%dZ", from, sparkHigh-2, to, from)
	}
	pieces := make([]picture.Stretch, sparkPieces)
	for _, at := range times {
		pieces[piece(at)].Max++
	}
	return areaPath(pieces, sparkWide, sparkHigh)
}
