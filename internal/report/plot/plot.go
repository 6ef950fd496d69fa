// Package plot draws findings as a PNG or SVG picture, a panel for each.
package plot

import (
	"bufio"
	"fmt"
	"image/color"
	"image/png"
	"io"
	"path/filepath"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgsvg"

	"beacon/internal/beacon"
	"beacon/internal/report/picture"
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

// maxPanels is the most panels of each rule: four columns of fifty. What is left out
// is counted below them.
const maxPanels = 200

// FormatOf is the format of a picture by its file's name: png or svg.
func FormatOf(path string) (string, error) {
	switch ending := strings.ToLower(filepath.Ext(path)); ending {
	case ".png", ".svg":
		return ending[1:], nil
	}
	return "", fmt.Errorf("a picture ends in .png or .svg, and %s doesn't", path)
}

// Write draws what each rule found, in panels in the order of the findings, as a PNG or
// SVG: of a destination its calls per bucket, of a pair that keeps time its rhythm.
func Write(w io.Writer, format string, fs *beacon.Findings) error {
	p := newPlotSheet(fs)
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
	head, leftOut string // above and below the panels
	panels        int
	wide, high    vg.Length // of a panel, at the least
	columns       int       // of panels
	draw          func(area draw.Canvas, rows, columns int)
}

func newPlotSheet(fs *beacon.Findings) *plotSheet {
	p := &plotSheet{high: 2 * plotMargin}
	if fs.Query.Rules != beacon.EveryRhythm {
		p.blocks = append(p.blocks, destinationPanels(fs))
	}
	if fs.Query.Rules.Has(beacon.EveryRhythm) {
		p.blocks = append(p.blocks, pairPanels(fs))
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
	return b.high*vg.Length(b.rows()) + plotHead + plotFoot
}

func (p *plotSheet) draw(dc draw.Canvas) {
	top := dc.Max.Y - plotMargin
	for _, b := range p.blocks {
		bottom := top - b.height()
		drawText(dc, vg.Point{X: plotMargin, Y: top}, b.head, textStyle{size: 11, bold: true, color: ink, y: draw.YTop})
		if b.leftOut != "" {
			drawText(dc, vg.Point{X: plotMargin, Y: bottom}, b.leftOut, textStyle{size: 9, color: inkFaint, y: draw.YBottom})
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
}

func drawText(dc draw.Canvas, at vg.Point, line string, s textStyle) {
	dc.FillText(draw.TextStyle{Color: s.color, Font: plotFont(s.size, s.bold), Handler: plot.DefaultTextHandler, XAlign: s.x, YAlign: s.y}, at, line)
}

// plotColumns is how many panels stand side by side.
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

// shapeInk is the colour of a shape's panel: colours that the colour-blind tell
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

// destinationPanels are those of the flagged destinations, on one axis of time.
func destinationPanels(fs *beacon.Findings) plotBlock {
	all := fs.Of(beacon.ScopeDestination)
	shown := all[:min(len(all), maxPanels)]
	b := plotBlock{
		head:   fmt.Sprintf("Calls per %s, %s", words.Per(fs.Query.Bucket), words.Plural(int64(len(all)), "destination", "destinations")) + logTime(&fs.Totals),
		panels: len(shown), wide: panelWide[len(panelWide)-1], high: panelHigh,
	}
	if more := len(all) - len(shown); more > 0 {
		b.leftOut = "left out: " + words.Plural(int64(more), "destination of a less suspicious shape", "destinations of less suspicious shapes")
	}
	b.draw = func(area draw.Canvas, rows, columns int) {
		grid := make([][]*plot.Plot, rows)
		for r := range grid {
			grid[r] = make([]*plot.Plot, columns)
			for c := range grid[r] {
				// Down the first column, then the next: the suspicious stand together.
				if i := c*rows + r; i < len(shown) {
					grid[r][c] = newPanel(shown[i], fs, float64(area.Max.X-area.Min.X)/float64(columns))
				}
			}
		}
		canvases := plot.Align(grid, panelTiles(rows, columns), area)
		for r := range grid {
			for c, p := range grid[r] {
				if p != nil {
					p.Draw(canvases[r][c])
				}
			}
		}
	}
	return b
}

func panelTiles(rows, columns int) draw.Tiles {
	return draw.Tiles{Rows: rows, Cols: columns, PadX: 14, PadY: 6}
}

// logTime is from when to when a log is, to follow other words.
func logTime(t *beacon.Totals) string {
	if t.Flows == 0 || t.First > t.Last {
		return ""
	}
	return fmt.Sprintf(", %s to %s UTC", words.ToMinute(t.First), words.ToMinute(t.Last))
}

func plotFont(size font.Length, bold bool) font.Font {
	f := font.Font{Typeface: "Liberation", Variant: "Sans", Size: size}
	if bold {
		f.Weight = 3 // as image/font's WeightBold
	}
	return f
}

// newPanel is one finding's panel; wide is its width in points.
func newPanel(f *beacon.Finding, fs *beacon.Findings, wide float64) *plot.Plot {
	p := plot.New()
	p.BackgroundColor = nil
	p.Title.Text = fmt.Sprintf("%s   %s   %s", f.Destinations[0].Host, f.Day.Shape, words.Plural(int64(len(f.Sources)), "source", "sources"))
	p.Title.TextStyle.Font, p.Title.TextStyle.Color = plotFont(9, true), ink
	p.Title.TextStyle.XAlign = draw.XCenter
	p.Title.Padding = 2
	for _, axis := range []*plot.Axis{&p.X, &p.Y} {
		axis.Tick.Label.Font, axis.Tick.Label.Color = plotFont(7, false), inkFaint
		axis.LineStyle.Color, axis.LineStyle.Width = inkFaint, .5
		axis.Tick.LineStyle.Color, axis.Tick.LineStyle.Width, axis.Tick.Length = inkFaint, .5, 2.5
		axis.Padding = 0
	}
	first, last := fs.Totals.First, max(fs.Totals.Last, fs.Totals.First+1)
	// A pixel is 3/4 of a point: one stretch of time for each.
	s := &seriesPlot{stretches: picture.Stretches(&f.Day.Series, first, last, max(int(wide*plotDPI/72), 1)), color: shapeInk(f.Day.Shape)}
	for _, piece := range s.stretches {
		s.most = max(s.most, piece.Max)
	}
	p.X.Min, p.X.Max = 0, float64(last-first)
	p.Y.Min, p.Y.Max = 0, float64(max(s.most, 1))
	p.X.Tick.Marker = picture.TimeTicks{First: first, Last: last, Most: picture.MaxTicks}
	p.Y.Tick.Marker = peakTicks{}
	p.Add(s)
	return p
}

// seriesPlot draws a series that was cut into stretches: filled from the
// quietest to the busiest bucket of each, and faintly below, so that every peak
// and every silence shows.
type seriesPlot struct {
	stretches []picture.Stretch
	most      int64
	color     color.NRGBA
}

// Plot draws onto the panel.
func (s *seriesPlot) Plot(c draw.Canvas, p *plot.Plot) {
	_, y := p.Transforms(&c)
	for _, t := range p.X.Tick.Marker.Ticks(p.X.Min, p.X.Max) {
		x, _ := p.Transforms(&c)
		c.StrokeLine2(draw.LineStyle{Color: gridColor, Width: .5}, x(t.Value), c.Min.Y, x(t.Value), c.Max.Y)
	}
	width := (c.Max.X - c.Min.X) / vg.Length(len(s.stretches))
	outline := func(low func(picture.Stretch) int64) vg.Path {
		var path vg.Path
		at := c.Min
		path.Move(at)
		to := func(i int, v int64) { // a step up or down only where the value changes
			if next := y(float64(v)); next != at.Y {
				at.X = c.Min.X + width*vg.Length(i)
				path.Line(at)
				at.Y = next
				path.Line(at)
			}
		}
		for i, piece := range s.stretches {
			to(i, piece.Max)
		}
		at.X = c.Max.X
		path.Line(at)
		for i := len(s.stretches) - 1; i >= 0; i-- {
			to(i+1, low(s.stretches[i]))
		}
		at.X = c.Min.X
		path.Line(at)
		path.Close()
		return path
	}
	tint := s.color
	tint.A = 0x58
	c.SetColor(tint)
	c.Fill(outline(func(picture.Stretch) int64 { return 0 }))
	c.SetColor(s.color)
	c.Fill(outline(func(piece picture.Stretch) int64 { return piece.Min }))
}

// peakTicks marks nothing and the peak.
type peakTicks struct{}

// Ticks is the two marks.
func (peakTicks) Ticks(from, to float64) []plot.Tick {
	return []plot.Tick{{Value: from, Label: "0"}, {Value: to, Label: words.Thousands(int64(to))}}
}
