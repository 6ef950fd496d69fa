// Package plot draws findings as a PNG or SVG picture, a panel for each.
package plot

import (
	"bufio"
	"fmt"
	"image/color"
	"image/png"
	"io"
	"math"
	"path/filepath"
	"strings"

	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgsvg"

	"beacon/internal/beacon"
	"beacon/internal/shape"
	"beacon/internal/words"
)

// Sizes of the picture, in points; at plotDPI a point is 4/3 of a pixel.
const (
	plotDPI    = 96
	panelHigh  = 1.15 * vg.Inch
	plotMargin = 10
	plotHead   = 26
	plotFoot   = 16
)

// panelWide is the width of a panel by how many stand side by side.
var panelWide = [...]vg.Length{1: 8 * vg.Inch, 2: 5 * vg.Inch, 3: 4.5 * vg.Inch, 4: 4 * vg.Inch}

// maxPanels is the most panels of a picture, four columns of fifty: what is asked for
// beyond that is counted in the headings.
const maxPanels = 200

// FormatOf returns the format of a picture by its file's name: png or svg.
func FormatOf(path string) (string, error) {
	switch ending := strings.ToLower(filepath.Ext(path)); ending {
	case ".png", ".svg":
		return ending[1:], nil
	}
	return "", fmt.Errorf("a picture ends in .png or .svg, and %s doesn't", path)
}

// Write draws the first findings with the verdict beacon, top of them at the most, as a PNG
// or SVG with a panel for each: of a destination its calls per bucket, of a schedule the
// intervals of its calls.
func Write(w io.Writer, format string, fs *beacon.Findings, top int) error {
	p := newPlotSheet(fs, min(top, maxPanels))
	out := bufio.NewWriter(w)
	var err error
	switch format {
	case "png":
		canvas := vgimg.NewWith(vgimg.UseWH(p.wide, p.high), vgimg.UseDPI(plotDPI), vgimg.UseBackgroundColor(color.White))
		p.draw(draw.New(canvas))
		err = (&png.Encoder{CompressionLevel: png.BestSpeed}).Encode(out, canvas.Image())
	case "svg":
		canvas := vgsvg.New(p.wide, p.high)
		p.draw(draw.New(canvas))
		_, err = canvas.WriteTo(out)
	default:
		err = fmt.Errorf("no picture of format %q: it is png or svg", format)
	}
	if err != nil {
		return fmt.Errorf("drawing: %w", err)
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("drawing: %w", err)
	}
	return nil
}

// plotSheet is the whole picture: blocks of panels below each other.
type plotSheet struct {
	wide, high vg.Length
	blocks     []plotBlock
}

// plotBlock is the panels of one rule.
type plotBlock struct {
	head, empty string // above the panels, and in their place where there are none
	panels      int
	wide, high  vg.Length // of a panel, at the least
	columns     int       // of panels
	draw        func(area draw.Canvas, rows, columns int)
}

func newPlotSheet(fs *beacon.Findings, top int) *plotSheet {
	var drawn []*beacon.Finding
	for f := range fs.All() {
		if len(drawn) == top {
			break
		}
		if f.Verdict == beacon.VerdictBeacon {
			drawn = append(drawn, f)
		}
	}
	p := &plotSheet{high: 2 * plotMargin}
	if fs.Query.Rules.Has(beacon.EveryMinute) {
		p.blocks = append(p.blocks, destinationPanels(fs, drawn))
	}
	if fs.Query.Rules.Has(beacon.EveryRhythm) {
		p.blocks = append(p.blocks, schedulePanels(fs, drawn))
	}
	if fs.Query.Rules.Has(beacon.EveryLong) {
		p.blocks = append(p.blocks, connectionPanels(fs, drawn))
	}
	columns := 1
	for _, b := range p.blocks {
		columns = max(columns, plotColumns(b.panels))
	}
	area := panelWide[columns] * vg.Length(columns)
	p.wide = area + 2*plotMargin
	for i := range p.blocks {
		b := &p.blocks[i]
		b.columns = min(columns, int(area/b.wide))
		p.high += b.height()
	}
	return p
}

func (b *plotBlock) rows() int { return max(1, (b.panels+b.columns-1)/b.columns) }

func (b *plotBlock) height() vg.Length {
	if b.panels == 0 {
		return 2 * plotHead
	}
	return b.high*vg.Length(b.rows()) + plotHead + plotFoot
}

func (p *plotSheet) draw(dc draw.Canvas) {
	top := dc.Max.Y - plotMargin
	for _, b := range p.blocks {
		bottom := top - b.height()
		drawText(dc, vg.Point{X: plotMargin, Y: top}, b.head, textStyle{size: 11, bold: true, color: ink, y: draw.YTop})
		if b.panels == 0 {
			drawText(dc, vg.Point{X: plotMargin, Y: top - plotHead}, b.empty, textStyle{size: 9, color: inkFaint, y: draw.YTop})
		}
		if b.panels > 0 {
			area := draw.Crop(dc, plotMargin, -plotMargin, bottom+plotFoot-dc.Min.Y, top-plotHead-dc.Max.Y)
			b.draw(area, b.rows(), b.columns)
		}
		top = bottom
	}
}

// textStyle is how a text stands: its size in points and where its anchor is.
type textStyle struct {
	size  font.Length
	bold  bool
	color color.Color
	x     text.XAlignment
	y     text.YAlignment

	turned bool // a quarter turn counterclockwise about the anchor
}

// isPixels tells whether a canvas, or the one that it is a part of, is of pixels.
func isPixels(c vg.Canvas) bool {
	if part, ok := c.(draw.Canvas); ok {
		return isPixels(part.Canvas)
	}
	_, ok := c.(*vgimg.Canvas)
	return ok
}

// drawText draws a line at a point. An SVG names its fonts, so the viewer finds any letters.
func drawText(dc draw.Canvas, at vg.Point, line string, s textStyle) {
	if isPixels(dc) {
		line = drawable(line)
	}
	style := draw.TextStyle{Color: s.color, Font: plotFont(s.size, s.bold), Handler: textHandler(), XAlign: s.x, YAlign: s.y}
	if s.turned {
		style.Rotation = math.Pi / 2
	}
	dc.FillText(style, at, line)
}

// plotColumns returns how many panels stand side by side.
func plotColumns(panels int) int {
	switch {
	case panels <= 4:
		return 1
	case panels <= 24:
		return 2
	case panels <= 60:
		return 3
	}
	return 4
}

var (
	ink       = color.NRGBA{0x22, 0x26, 0x2b, 0xff}
	inkFaint  = color.NRGBA{0x6b, 0x72, 0x7b, 0xff}
	gridColor = color.NRGBA{0xe3, 0xe6, 0xea, 0xff}
	lineColor = color.NRGBA{0xa9, 0xb0, 0xb8, 0xff} // of a rhythm, over the grid
)

// shapeInk returns the colour of a shape's panel: colours that the colour-blind tell
// apart (Okabe and Ito).
func shapeInk(s shape.Shape) color.NRGBA {
	switch s {
	case shape.Bursts:
		return color.NRGBA{0xc4, 0x3c, 0x00, 0xff}
	case shape.Flat:
		return color.NRGBA{0xb3, 0x74, 0x00, 0xff}
	case shape.Diurnal:
		return color.NRGBA{0x00, 0x62, 0xa3, 0xff}
	}
	return color.NRGBA{0x6a, 0x4c, 0x93, 0xff}
}

// ofAll says how many things are drawn: "20 beacons and 5 more", "none of 5 beacons".
func ofAll(shown, all int, one, many string) string {
	if shown == 0 && all > 0 {
		return "none of " + words.Plural(int64(all), one, many)
	}
	return words.Plural(int64(shown), one, many) + words.AndMore(all-shown)
}

// whyEmpty says why there is no panel for a scope.
func whyEmpty(fs *beacon.Findings, scope beacon.Scope) string {
	var others []string
	for _, v := range beacon.Verdicts()[1:] {
		if n := fs.CountOf(scope, v); n > 0 {
			others = append(others, words.Thousands(int64(n))+" "+string(v))
		}
	}
	switch {
	case fs.Totals.Flows == 0:
		return "Nothing to draw: no flow was read."
	case fs.CountOf(scope, beacon.VerdictBeacon) > 0:
		return "Nothing to draw: the findings drawn here all rank before these."
	case len(others) > 0:
		return "Nothing to draw: no finding has the verdict beacon (" + strings.Join(others, ", ") + ")."
	case scope == beacon.ScopeDestination:
		return fmt.Sprintf("Nothing to draw: no destination was called in %s slots of the cycle.", words.Thousands(int64(fs.Query.Slots)))
	}
	if scope == beacon.ScopeConnection {
		return "Nothing to draw: no connection lasts for " + words.Length(fs.Query.MinDuration) + ", alone or with others of a day."
	}
	return "Nothing to draw: no source calls on a schedule."
}

func panelTiles(rows, columns int) draw.Tiles {
	return draw.Tiles{Rows: rows, Cols: columns, PadX: 14, PadY: 6}
}

// logTime returns the time that the log covers, to follow other words.
func logTime(fs *beacon.Findings) string {
	t := &fs.Totals
	if t.Flows == 0 || t.First > t.Last {
		return ""
	}
	return ", " + fs.Zone.Minutes(t.First, t.Last)
}
