package plot

import (
	"fmt"
	"image/color"
	"strings"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"beacon/internal/beacon"
	"beacon/internal/report"
	"beacon/internal/report/picture"
	"beacon/internal/words"
)

// Sizes of a destination's panel, in points.
const (
	dayTitle = 14 // room for the title above
	dayAxis  = 14 // for its marks, with as much as the widest needs
	dayFoot  = 20 // for the marks of time below
	tickLong = 2.5
)

// destinationPanels returns the panels of the destinations among the drawn findings, on
// one axis of time.
func destinationPanels(fs *beacon.Findings, drawn []*beacon.Finding) plotBlock {
	var shown []*beacon.Finding
	for _, f := range drawn {
		if f.Scope == beacon.ScopeDestination {
			shown = append(shown, f)
		}
	}
	b := plotBlock{
		head:   fmt.Sprintf("Calls per %s, %s", words.Per(fs.Query.Bucket), ofAll(len(shown), fs.CountOf(beacon.ScopeDestination, beacon.VerdictBeacon), "destination", "destinations")) + logTime(fs),
		panels: len(shown), wide: panelWide[len(panelWide)-1], high: panelHigh, empty: whyEmpty(fs, beacon.ScopeDestination),
	}
	b.draw = func(area draw.Canvas, rows, columns int) {
		tiles := panelTiles(rows, columns)
		axis := vg.Length(0)
		panels := make([]*dayPanel, len(shown))
		for i, f := range shown {
			panels[i] = newDayPanel(f, fs, tiles.At(area, i/rows, i%rows))
			axis = max(axis, panels[i].axisWidth())
		}
		for i, p := range panels {
			// Down the first column, then the next: the suspicious stand together.
			p.draw(tiles.At(area, i/rows, i%rows), axis)
		}
	}
	return b
}

// destinationTitle says what a panel shows; a name that doesn't fit is left out.
func destinationTitle(f *beacon.Finding, width vg.Length) string {
	d := &f.Destinations[0]
	parts := []string{d.Host.String(), string(f.Day.Shape), words.Plural(int64(len(f.Sources)), "source", "sources")}
	title := strings.Join(parts, "   ")
	if behind := report.Behind(d); behind != "" {
		if named := title + "   " + words.Plain(behind); len(wrapped(named, width)) == 1 {
			return named
		}
	}
	return title
}

// dayPanel is the panel of a destination: its calls over the time of the log, filled from
// the quietest to the busiest bucket of each stretch of time, and faintly below, so
// that every peak and every silence shows.
type dayPanel struct {
	title, label string
	first, last  int64 // ns since the Unix epoch
	stretches    []picture.Stretch
	most         int64
	color        color.NRGBA
	zone         words.Zone
}

// newDayPanel returns the panel of a finding that is drawn on a canvas like c.
func newDayPanel(f *beacon.Finding, fs *beacon.Findings, c draw.Canvas) *dayPanel {
	wide := c.Max.X - c.Min.X
	p := &dayPanel{
		title: destinationTitle(f, wide), label: "per " + words.Per(fs.Query.Bucket),
		first: fs.Totals.First, last: max(fs.Totals.Last, fs.Totals.First+1), color: shapeInk(f.Day.Shape), zone: fs.Zone,
	}
	// A pixel is 3/4 of a point: one stretch of time for each.
	p.stretches = picture.Stretches(&f.Day.Series, p.first, p.last, max(int(wide*plotDPI/72), 1))
	for _, piece := range p.stretches {
		p.most = max(p.most, piece.Max)
	}
	return p
}

// axisWidth returns the width of the widest mark at the left.
func (p *dayPanel) axisWidth() vg.Length {
	return draw.TextStyle{Font: plotFont(7, false), Handler: textHandler()}.Width(words.Thousands(p.most))
}

// draw draws the panel; axis is the width of the marks at the left.
func (p *dayPanel) draw(c draw.Canvas, axis vg.Length) {
	box := draw.Crop(c, dayAxis+axis, 0, dayFoot, -dayTitle)
	center := (box.Min.X + box.Max.X) / 2
	drawText(c, vg.Point{X: center, Y: c.Max.Y}, p.title, textStyle{size: 9, bold: true, color: ink, x: draw.XCenter, y: draw.YTop})
	edge := draw.LineStyle{Color: inkFaint, Width: .5}
	mark := textStyle{size: 7, color: inkFaint, x: draw.XCenter, y: draw.YTop}
	drawText(c, vg.Point{X: c.Min.X + 2, Y: (box.Min.Y + box.Max.Y) / 2}, p.label, textStyle{size: 7, color: inkFaint, x: draw.XCenter, y: draw.YTop, turned: true})
	for _, tick := range (picture.TimeTicks{First: p.first, Last: p.last, Most: picture.MaxTicks, Zone: p.zone}).Ticks() {
		x := box.Min.X + (box.Max.X-box.Min.X)*vg.Length(float64(tick.At-p.first)/float64(p.last-p.first))
		c.StrokeLine2(draw.LineStyle{Color: gridColor, Width: .5}, x, box.Min.Y, x, box.Max.Y)
		c.StrokeLine2(edge, x, box.Min.Y-tickLong, x, box.Min.Y)
		drawText(c, vg.Point{X: x, Y: box.Min.Y - tickLong - 1}, tick.Label, mark)
	}
	drawText(c, vg.Point{X: box.Max.X, Y: c.Min.Y + 7}, p.zone.Name(p.first, p.last), textStyle{size: 7, color: inkFaint, x: draw.XRight, y: draw.YTop})
	p.drawSeries(box)
	c.StrokeLine2(edge, box.Min.X, box.Min.Y, box.Max.X, box.Min.Y)
	c.StrokeLine2(edge, box.Min.X, box.Min.Y, box.Min.X, box.Max.Y)
	mark.x, mark.y = draw.XRight, draw.YCenter
	peak := func(y vg.Length, label string) {
		c.StrokeLine2(edge, box.Min.X-tickLong, y, box.Min.X, y)
		drawText(c, vg.Point{X: box.Min.X - tickLong - 1, Y: y}, label, mark)
	}
	peak(box.Min.Y, "0")
	peak(box.Max.Y, words.Thousands(max(p.most, 1)))
}

// drawSeries draws the calls over a canvas.
func (p *dayPanel) drawSeries(c draw.Canvas) {
	y := func(calls int64) vg.Length {
		return c.Min.Y + (c.Max.Y-c.Min.Y)*vg.Length(float64(calls)/float64(max(p.most, 1)))
	}
	width := (c.Max.X - c.Min.X) / vg.Length(len(p.stretches))
	outline := func(low func(picture.Stretch) int64) vg.Path {
		var path vg.Path
		at := c.Min
		path.Move(at)
		to := func(i int, v int64) { // a step up or down only where the value changes
			if next := y(v); next != at.Y {
				at.X = c.Min.X + width*vg.Length(i)
				path.Line(at)
				at.Y = next
				path.Line(at)
			}
		}
		for i, piece := range p.stretches {
			to(i, piece.Max)
		}
		at.X = c.Max.X
		path.Line(at)
		for i := len(p.stretches) - 1; i >= 0; i-- {
			to(i+1, low(p.stretches[i]))
		}
		at.X = c.Min.X
		path.Line(at)
		path.Close()
		return path
	}
	tint := p.color
	tint.A = 0x58
	c.SetColor(tint)
	c.Fill(outline(func(picture.Stretch) int64 { return 0 }))
	c.SetColor(p.color)
	c.Fill(outline(func(piece picture.Stretch) int64 { return piece.Min }))
}
