package plot

import (
	"image/color"
	"strings"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"beacon/internal/beacon"
	"beacon/internal/report"
	"beacon/internal/report/picture"
	"beacon/internal/shape"
	"beacon/internal/words"
)

// Sizes of a schedule's panel, in points.
const (
	pairWide      = 5 * vg.Inch
	pairHigh      = 1.5 * vg.Inch
	pairTitle     = 15
	pairTitleLine = 11 // of each further line of a title
	pairCaption   = 10
	pairAxis      = 34   // room for the labels at the left
	pairLines     = 16   // and at the right
	pairFoot      = 12   // and below
	pairBars      = 26   // width of the histogram beside the folded calls
	pairFoldWide  = 0.4  // share of the panel's width that the folded calls have
	dotWide       = 1.7  // of a dot
	dotCell       = 0.75 // a pixel
)

// verdictInk returns the colour of a schedule's panel.
func verdictInk(v beacon.Verdict) color.NRGBA {
	switch v {
	case beacon.VerdictBeacon:
		return shapeInk(shape.Bursts)
	case beacon.VerdictExplained:
		return shapeInk(shape.Diurnal)
	}
	return shapeInk(shape.Sparse)
}

// schedulePanels returns the panels of the schedules among the drawn findings.
func schedulePanels(fs *beacon.Findings, drawn []*beacon.Finding) plotBlock {
	var shown []*beacon.Finding
	timeless := 0
	for _, f := range drawn {
		switch {
		case f.Scope != beacon.ScopeSchedule:
		case len(f.Schedule.Times()) > 1:
			shown = append(shown, f)
		default:
			timeless++
		}
	}
	b := plotBlock{
		head:   "Schedules, source > destination:port, " + ofAll(len(shown), fs.CountOf(beacon.ScopeSchedule, beacon.VerdictBeacon), "beacon", "beacons") + logTime(fs),
		panels: len(shown), wide: pairWide, high: pairHigh, empty: whyEmpty(fs, beacon.ScopeSchedule),
	}
	if timeless > 0 {
		b.empty = "The times of the calls are not known, so nothing can be drawn."
	}
	titles := make([][]string, len(shown))
	lines := 1
	for i, f := range shown {
		titles[i] = wrapped(scheduleTitle(f, fs.Zone), pairWide)
		lines = max(lines, len(titles[i]))
	}
	b.high += vg.Length(lines-1) * pairTitleLine
	b.draw = func(area draw.Canvas, rows, columns int) {
		tiles := panelTiles(rows, columns)
		for i, f := range shown {
			drawPair(tiles.At(area, i/rows, i%rows), f, titles[i], lines, fs)
		}
	}
	return b
}

// scheduleTitle says who calls whom, by which names, and how.
func scheduleTitle(f *beacon.Finding, zone words.Zone) string {
	parts := []string{report.ScheduleName(f)}
	if behind := report.Behind(&f.Destinations[0]); behind != "" {
		parts = append(parts, words.Plain(behind))
	}
	return strings.Join(append(parts, report.RhythmWords(f.Schedule, zone)), "   ")
}

// drawPair draws a schedule's panel: the lines of its title, and its pictures side by side.
func drawPair(c draw.Canvas, p *beacon.Finding, title []string, lines int, fs *beacon.Findings) {
	for i, line := range title {
		drawText(c, vg.Point{X: c.Min.X, Y: c.Max.Y - vg.Length(i)*pairTitleLine}, line, textStyle{size: 9, bold: true, color: ink, y: draw.YTop})
	}
	c = draw.Crop(c, 0, 0, 0, -pairTitle-vg.Length(lines-1)*pairTitleLine)
	wide := c.Max.X - c.Min.X
	hue := verdictInk(p.Verdict)
	list := picture.Of(p.Schedule, &fs.Totals)
	drawPicture(draw.Crop(c, 0, -pairFoldWide*wide, 0, 0), &list[0], hue, fs.Zone)
	if len(list) > 1 {
		right := draw.Crop(c, (1-pairFoldWide)*wide, -pairBars, 0, 0)
		drawPicture(right, &list[1], hue, fs.Zone)
		drawBars(draw.Crop(c, wide-pairBars-pairLines+4, 0, pairFoot, -pairCaption), &list[1], hue)
	}
}

// wrapped returns a title in lines that fit a width, broken at spaces or, where a word is
// wider, within it.
func wrapped(text string, width vg.Length) (lines []string) {
	style := draw.TextStyle{Font: plotFont(9, true), Handler: textHandler()}
	rest := []rune(text)
	for len(rest) > 0 {
		end, space := 1, 0
		for end < len(rest) && style.Width(string(rest[:end+1])) <= width {
			end++
		}
		for i := 1; i < end; i++ {
			if rest[i] == ' ' {
				space = i
			}
		}
		if end < len(rest) && space > 0 {
			end = space
		}
		lines = append(lines, strings.TrimSpace(string(rest[:end])))
		rest = []rune(strings.TrimSpace(string(rest[end:])))
	}
	return lines
}

// drawPicture draws a picture with its axes.
func drawPicture(c draw.Canvas, pic *picture.Picture, hue color.NRGBA, zone words.Zone) {
	drawText(c, vg.Point{X: c.Min.X + pairAxis, Y: c.Max.Y}, pic.Name+" ("+zone.Name(pic.First, pic.Last)+")", textStyle{size: 7, color: inkFaint, y: draw.YTop})
	box := draw.Crop(c, pairAxis, -pairLines, pairFoot, -pairCaption)
	wide, high := box.Max.X-box.Min.X, box.Max.Y-box.Min.Y
	x := func(at int64) vg.Length {
		return box.Min.X + wide*vg.Length(float64(at-pic.First)/float64(pic.Last-pic.First))
	}
	y := func(share float64) vg.Length { return box.Min.Y + high*vg.Length(share) }
	grid := draw.LineStyle{Color: gridColor, Width: .5}
	edge := draw.LineStyle{Color: inkFaint, Width: .5}
	label := textStyle{size: 7, color: inkFaint, x: draw.XCenter, y: draw.YTop}

	for _, tick := range (picture.TimeTicks{First: pic.First, Last: pic.Last, Most: max(2, int(wide/36)), Zone: zone}).Ticks() {
		at := x(tick.At)
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
var dotOpacity = [picture.RasterLevels]uint8{0x40, 0x80, 0xb8, 0xff}

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
