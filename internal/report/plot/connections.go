package plot

import (
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"beacon/internal/beacon"
	"beacon/internal/report"
)

// Sizes of a long connection's panel, in points.
const (
	lastingHigh = 34
	lastingBar  = 10 // height of the bar
)

// connectionPanels returns the panels of the long connections among the drawn findings: the
// time of the log, and in it that of the longest connection.
func connectionPanels(fs *beacon.Findings, drawn []*beacon.Finding) plotBlock {
	var shown []*beacon.Finding
	first, last := fs.Totals.First, fs.Totals.Last
	for _, f := range drawn {
		if f.Scope == beacon.ScopeConnection {
			shown = append(shown, f)
			last = max(last, f.Lasting.Began+int64(f.Lasting.Longest)) // a connection goes on after the last one has begun
		}
	}
	b := plotBlock{
		head:   "Long connections, source > destination:port, " + ofAll(len(shown), fs.CountOf(beacon.ScopeConnection, beacon.VerdictBeacon), "pair", "pairs") + logTime(fs),
		panels: len(shown), wide: pairWide, high: lastingHigh, empty: whyEmpty(fs, beacon.ScopeConnection),
	}
	b.draw = func(area draw.Canvas, rows, columns int) {
		tiles := panelTiles(rows, columns)
		for i, f := range shown {
			drawLasting(tiles.At(area, i/rows, i%rows), f, fs, first, last)
		}
	}
	return b
}

// drawLasting draws the longest connection of a finding into the time from first to last.
func drawLasting(c draw.Canvas, f *beacon.Finding, fs *beacon.Findings, first, last int64) {
	title := wrapped(report.ScheduleName(f)+"   "+report.PatternWords(f, fs.Zone), pairWide)[0]
	drawText(c, vg.Point{X: c.Min.X, Y: c.Max.Y}, title, textStyle{size: 9, bold: true, color: ink, y: draw.YTop})
	x := func(t int64) vg.Length {
		return c.Min.X + (c.Max.X-c.Min.X)*vg.Length(float64(t-first)/float64(max(1, last-first)))
	}
	bar := func(from, to vg.Length, thick vg.Length) {
		middle := c.Min.Y + lastingBar/2
		c.FillPolygon(verdictInk(f.Verdict), []vg.Point{{X: from, Y: middle - thick/2}, {X: to, Y: middle - thick/2}, {X: to, Y: middle + thick/2}, {X: from, Y: middle + thick/2}})
	}
	bar(c.Min.X, c.Max.X, 1)
	began := x(f.Lasting.Began)
	bar(began, max(began+1, x(f.Lasting.Began+int64(f.Lasting.Longest))), lastingBar)
}
