package plot

import (
	"fmt"
	"image/color"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"beacon/internal/beacon"
	"beacon/internal/report"
	"beacon/internal/report/picture"
	"beacon/internal/shape"
	"beacon/internal/words"
)

// Sizes of a pair's panel, in points.
const (
	pairWide     = 5 * vg.Inch
	pairHigh     = 1.5 * vg.Inch
	pairTitle    = 15
	pairCaption  = 10
	pairAxis     = 34   // room for the labels at the left
	pairLines    = 16   // and at the right
	pairFoot     = 12   // and below
	pairBars     = 26   // width of the histogram beside the folded calls
	pairFoldWide = 0.4  // share of the panel's width that the folded calls have
	dotWide      = 1.7  // of a dot
	dotCell      = 0.75 // a pixel
)

// verdictInk is the colour of a pair's panel.
func verdictInk(v beacon.Verdict) color.NRGBA {
	switch v {
	case beacon.VerdictBeacon:
		return shapeInk(shape.Bursts)
	case beacon.VerdictExplained:
		return shapeInk(shape.Diurnal)
	}
	return shapeInk(shape.Sparse)
}

// pairPanels are those of the schedules, by rank: beacons, then what is explained.
func pairPanels(fs *beacon.Findings) plotBlock {
	var shown []*beacon.Finding
	counts, left := map[beacon.Verdict]int64{}, 0
	for _, p := range fs.Of(beacon.ScopeSchedule) {
		counts[p.Verdict]++
		switch {
		case p.Verdict != beacon.VerdictBeacon && p.Verdict != beacon.VerdictExplained:
		case len(shown) < maxPanels && len(p.Schedule.Times()) > 1:
			shown = append(shown, p)
		default:
			left++
		}
	}
	b := plotBlock{
		head: fmt.Sprintf("Rhythm of each source > destination:port, %s, %s explained",
			words.Plural(counts[beacon.VerdictBeacon], "beacon", "beacons"), words.Thousands(counts[beacon.VerdictExplained])) + logTime(&fs.Totals),
		panels: len(shown), wide: pairWide, high: pairHigh,
	}
	if left > 0 {
		b.leftOut = "left out: " + words.Plural(int64(left), "pair further down the list", "pairs further down the list")
	}
	b.draw = func(area draw.Canvas, rows, columns int) {
		tiles := panelTiles(rows, columns)
		for i, p := range shown {
			drawPair(tiles.At(area, i/rows, i%rows), p, &fs.Totals)
		}
	}
	return b
}

// drawPair draws one pair's panel: its name, and its pictures side by side.
func drawPair(c draw.Canvas, p *beacon.Finding, t *beacon.Totals) {
	title := strings.Join([]string{report.ScheduleName(p), string(p.Verdict), report.RhythmWords(p.Schedule), words.Plain(p.Explanation)}, "   ")
	drawText(c, vg.Point{X: c.Min.X, Y: c.Max.Y}, fitted(title, c.Max.X-c.Min.X), textStyle{size: 9, bold: true, color: ink, y: draw.YTop})
	c = draw.Crop(c, 0, 0, 0, -pairTitle)
	wide := c.Max.X - c.Min.X
	hue := verdictInk(p.Verdict)
	list := picture.Of(p.Schedule, t)
	drawPicture(draw.Crop(c, 0, -pairFoldWide*wide, 0, 0), &list[0], hue)
	if len(list) > 1 {
		right := draw.Crop(c, (1-pairFoldWide)*wide, -pairBars, 0, 0)
		drawPicture(right, &list[1], hue)
		drawBars(draw.Crop(c, wide-pairBars-pairLines+4, 0, pairFoot, -pairCaption), &list[1], hue)
	}
}

// fitted is words of a panel's title cut to a width.
func fitted(text string, width vg.Length) string {
	style := draw.TextStyle{Font: plotFont(9, true), Handler: plot.DefaultTextHandler}
	cut := text
	for runes := []rune(text); style.Width(cut) > width && len(runes) > 0; cut = string(runes) + "..." {
		runes = runes[:len(runes)-1]
	}
	return cut
}

// drawPicture draws a picture with its axes.
func drawPicture(c draw.Canvas, pic *picture.Picture, hue color.NRGBA) {
	drawText(c, vg.Point{X: c.Min.X + pairAxis, Y: c.Max.Y}, pic.Name, textStyle{size: 7, color: inkFaint, y: draw.YTop})
	box := draw.Crop(c, pairAxis, -pairLines, pairFoot, -pairCaption)
	wide, high := box.Max.X-box.Min.X, box.Max.Y-box.Min.Y
	x := func(at int64) vg.Length {
		return box.Min.X + wide*vg.Length(float64(at-pic.First)/float64(pic.Last-pic.First))
	}
	y := func(share float64) vg.Length { return box.Min.Y + high*vg.Length(share) }
	grid := draw.LineStyle{Color: gridColor, Width: .5}
	edge := draw.LineStyle{Color: inkFaint, Width: .5}
	label := textStyle{size: 7, color: inkFaint, x: draw.XCenter, y: draw.YTop}

	for _, tick := range (picture.TimeTicks{First: pic.First, Last: pic.Last, Most: max(2, int(wide/36))}).Ticks(0, 0) {
		at := x(pic.First + int64(tick.Value))
		c.StrokeLine2(grid, at, box.Min.Y, at, box.Max.Y)
		c.StrokeLine2(edge, at, box.Min.Y-2.5, at, box.Min.Y)
		drawText(c, vg.Point{X: at, Y: box.Min.Y - 3.5}, tick.Label, label)
	}
	label.x, label.y = draw.XRight, draw.YCenter
	for _, m := range pic.Axis {
		c.StrokeLine2(edge, box.Min.X-2.5, y(m.Y), box.Min.X, y(m.Y))
		drawText(c, vg.Point{X: box.Min.X - 4, Y: y(m.Y)}, m.Label, label)
	}
	label.x = draw.XLeft
	for _, m := range pic.Lines {
		c.StrokeLine2(draw.LineStyle{Color: lineColor, Width: .6}, x(m.From), y(m.Y), x(m.To), y(m.Y))
		drawText(c, vg.Point{X: x(m.To) + 2, Y: y(m.Y)}, m.Label, label)
	}
	for _, at := range pic.Changes {
		c.StrokeLine2(draw.LineStyle{Color: ink, Width: .6, Dashes: []vg.Length{3, 2}}, x(at), box.Min.Y, x(at), box.Max.Y)
	}
	c.StrokeLine2(edge, box.Min.X, box.Min.Y, box.Max.X, box.Min.Y)
	c.StrokeLine2(edge, box.Min.X, box.Min.Y, box.Min.X, box.Max.Y)
	drawDots(box, picture.NewRaster(pic, max(int(wide/dotCell), 1), max(int(high/dotCell), 1)), vg.Length(pic.DotSize(dotWide)), hue)
}

// dotOpacity is how dark the shades of a raster are, 0 to 255.
var dotOpacity = [picture.RasterLevels]uint8{0x80, 0xb8, 0xff}

// drawDots fills the cells of a raster over the canvas, each as large as a dot.
func drawDots(c draw.Canvas, r *picture.Raster, size vg.Length, hue color.NRGBA) {
	wide := (c.Max.X - c.Min.X) / vg.Length(r.Wide)
	high := (c.Max.Y - c.Min.Y) / vg.Length(r.High)
	for level := range picture.RasterLevels {
		var path vg.Path
		for _, run := range r.Runs(level) {
			x := c.Min.X + wide*(vg.Length(run.Column)+.5)
			path.Move(vg.Point{X: x, Y: c.Min.Y + high*(vg.Length(run.From)+.5) - size/2})
			path.Line(vg.Point{X: x, Y: c.Min.Y + high*(vg.Length(run.To)+.5) + size/2})
		}
		hue.A = dotOpacity[level]
		c.SetColor(hue)
		c.SetLineWidth(size)
		c.Stroke(path)
	}
}

// drawBars draws how many dots lie at each height of a picture beside it.
func drawBars(c draw.Canvas, pic *picture.Picture, hue color.NRGBA) {
	counts, most := pic.Histogram(picture.HistogramBins)
	high := (c.Max.Y - c.Min.Y) / picture.HistogramBins
	var path vg.Path
	for i, n := range counts {
		if n > 0 {
			y := c.Min.Y + high*vg.Length(i)
			addRect(&path, c.Min.X, y, c.Min.X+(c.Max.X-c.Min.X)*vg.Length(n)/vg.Length(most), y+high)
		}
	}
	hue.A = 0x90
	c.SetColor(hue)
	c.Fill(path)
}

func addRect(path *vg.Path, x0, y0, x1, y1 vg.Length) {
	path.Move(vg.Point{X: x0, Y: y0})
	path.Line(vg.Point{X: x1, Y: y0})
	path.Line(vg.Point{X: x1, Y: y1})
	path.Line(vg.Point{X: x0, Y: y1})
	path.Close()
}
