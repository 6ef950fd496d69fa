package page

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"beacon/internal/beacon"
	"beacon/internal/report/picture"
	"beacon/internal/words"
)

// pagePicture is a picture as the page's SVG has it: places in percent of the frame,
// dots as paths over a raster of cells.
type pagePicture struct {
	Name        string
	Wide, High  int      // cells
	Dot         float64  // size of a dot in pixels
	Shades      []string // paths, the faintest first
	Ticks       []pageMark
	Axis        []pageMark
	Lines       []pageMark
	Changes     []string
	Bars        string // path of the histogram; empty where there is none
	First, Last int64  // ms since the Unix epoch
	FirstText   string
	LastText    string
	Low, Top    float64 // scale: seconds, or periods where Folded
	Folded      bool
}

// pageMark is a place of the frame with its label: at At across it, From and To along. A
// minor one has no label where there is little room.
type pageMark struct {
	At, From, To, Label string
	Minor               bool
}

// Cells of a picture where there is room, about a pixel each, and the fewest upward; the
// folded calls have half the width. Dots are of dotPixels, or as large as larger cells.
const (
	picWide, picHigh = 600, 110
	picLeast         = 12
	dotPixels        = 2.5
)

// Bytes that all pictures of a page may take, and one at the most: a page of two hundred
// pairs stays below two megabytes.
const (
	picturesMost = 550 << 10
	pictureMost  = 24 << 10
)

// pictureRoom returns how many bytes each picture of a schedule may take.
func pictureRoom(findings []beacon.Finding) int {
	n := 0
	for i := range findings {
		if s := findings[i].Schedule; s != nil && len(s.Times()) > 0 {
			n += 2
		}
	}
	return min(picturesMost/max(n, 1), pictureMost)
}

// newPagePicture draws a picture within so many bytes: in larger cells where smaller take
// too many, so that no call is left out.
func newPagePicture(pic *picture.Picture, room int, zone words.Zone) pagePicture {
	const ms = 1_000_000
	v := pagePicture{
		Name: pic.Name, First: pic.First / ms, Last: pic.Last / ms,
		FirstText: zone.Minute(pic.First), LastText: zone.Minute(pic.Last),
		Low: pic.Scale.Low, Top: pic.Scale.High, Folded: !pic.Scale.Log,
	}
	ticks, wide := picture.TimeTicks{First: pic.First, Last: pic.Last, Most: picture.MaxTicks, Zone: zone}, picWide
	if v.Folded {
		ticks.Most, wide = picture.MaxTicks/2, picWide/2
	}
	for v.Wide, v.High = wide, picHigh; ; v.Wide, v.High = v.Wide*3/4, v.High*3/4 {
		r, size := picture.NewRaster(pic, v.Wide, v.High), 0
		v.Shades = v.Shades[:0]
		for level := range picture.RasterLevels {
			v.Shades = append(v.Shades, r.Path(level))
			size += len(v.Shades[level])
		}
		if size <= room || v.High <= picLeast {
			break
		}
	}
	v.Dot = max(pic.DotSize(dotPixels), 1.3*float64(picHigh)/float64(v.High))
	across := func(at int64) string { return percent(float64(at-pic.First) / float64(pic.Last-pic.First)) }
	times := ticks.Ticks()
	isDay := func(t picture.Tick) bool { return !strings.Contains(t.Label, ":") }
	days := slices.ContainsFunc(times, isDay)
	for i, t := range times {
		v.Ticks = append(v.Ticks, pageMark{At: across(t.At), Label: t.Label, Minor: days && !isDay(t) || !days && i%2 > 0})
	}
	for _, m := range pic.Axis {
		v.Axis = append(v.Axis, pageMark{At: percent(1 - m.Y), Label: m.Label})
	}
	for _, m := range pic.Lines {
		v.Lines = append(v.Lines, pageMark{At: percent(1 - m.Y), From: across(m.From), To: across(m.To), Label: m.Label})
	}
	for _, at := range pic.Changes {
		v.Changes = append(v.Changes, across(at))
	}
	if v.Folded {
		v.Bars = bars(pic)
	} else {
		v.Low, v.Top = v.Low/1e9, v.Top/1e9
	}
	return v
}

// barsWide is the length of the longest bar of a histogram's path, whose unit upward is a
// bar.
const barsWide = 100

// bars returns the histogram of a picture as a path of SVG, the bottom bar last.
func bars(pic *picture.Picture) string {
	counts, most := pic.Histogram(picture.HistogramBins)
	var b strings.Builder
	for i, n := range counts {
		if n > 0 {
			fmt.Fprintf(&b, "M0 %dh%dv1H0z", picture.HistogramBins-1-i, (n*barsWide+most-1)/most)
		}
	}
	return b.String()
}

// percent returns a share as an SVG says a place of its frame.
func percent(share float64) string { return strconv.FormatFloat(share*100, 'f', 1, 64) + "%" }
