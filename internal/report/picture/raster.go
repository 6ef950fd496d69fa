package picture

import (
	"math"
	"strconv"
)

// Raster is a picture's dots counted in cells, so that a long series is drawn as cheaply
// as a short one and a single call shows however many the others are.
type Raster struct {
	Wide, High int
	cells      []int // calls, column by column, each from the bottom; onlyRetries where there are none but those
	most       int
}

// Run is cells of one column above each other that are drawn alike, both ends included.
type Run struct{ Column, From, To int }

// RasterLevels is how many shades the cells have: the faintest for retries, the others by
// the logarithm of the calls.
const RasterLevels = 4

// onlyRetries marks a cell with retries and no call.
const onlyRetries = -1

// NewRaster counts the dots of a picture in wide times high cells.
func NewRaster(pic *Picture, wide, high int) *Raster {
	r := &Raster{Wide: wide, High: high, cells: make([]int, wide*high)}
	cellOf := func(d Dot) *int { return &r.cells[pic.Column(d.At, wide)*high+Row(d.Y, high)] }
	for _, d := range pic.Dots {
		if !d.Retry {
			cell := cellOf(d)
			*cell++
			r.most = max(r.most, *cell)
		}
	}
	for _, d := range pic.Dots {
		if cell := cellOf(d); d.Retry && *cell == 0 {
			*cell = onlyRetries
		}
	}
	return r
}

// Column returns the column of a time, of so many that share the picture's.
func (pic *Picture) Column(at int64, columns int) int {
	share := float64(at-pic.First) / float64(pic.Last-pic.First)
	return min(max(int(share*float64(columns)), 0), columns-1)
}

// Row returns the row of a height, of so many.
func Row(y float64, rows int) int { return min(max(int(y*float64(rows)), 0), rows-1) }

// level returns the shade of a cell: 0 is the faintest, -1 none.
func (r *Raster) level(calls int) int {
	switch calls {
	case 0:
		return -1
	case onlyRetries:
		return 0
	}
	return 1 + int((RasterLevels-1)*math.Log(float64(calls))/math.Log(float64(r.most+1)))
}

// Runs returns the cells of a shade, column by column.
func (r *Raster) Runs(level int) (all []Run) {
	for column := range r.Wide {
		cells := r.cells[column*r.High : (column+1)*r.High]
		for i := 0; i < r.High; i++ {
			if r.level(cells[i]) != level {
				continue
			}
			from := i
			for i+1 < r.High && r.level(cells[i+1]) == level {
				i++
			}
			all = append(all, Run{column, from, i})
		}
	}
	return all
}

// Path returns the cells of a shade as a path of SVG, to be stroked with round ends. Its
// units are cells, the first row at the bottom.
func (r *Raster) Path(level int) string {
	var b []byte
	x, y := 0, 0
	for _, c := range r.Runs(level) {
		top, bottom := r.High-1-c.To, r.High-1-c.From
		b = append(b, 'm')
		b = strconv.AppendInt(b, int64(c.Column-x), 10)
		if top >= y {
			b = append(b, ' ')
		}
		b = strconv.AppendInt(b, int64(top-y), 10)
		b = append(b, 'v')
		b = strconv.AppendInt(b, int64(bottom-top), 10)
		x, y = c.Column, bottom
	}
	return string(b)
}

// Histogram counts a picture's calls by height, the bottom first.
func (pic *Picture) Histogram(bins int) (counts []int, most int) {
	counts = make([]int, bins)
	for _, d := range pic.Dots {
		if d.Retry {
			continue
		}
		n := &counts[Row(d.Y, bins)]
		*n++
		most = max(most, *n)
	}
	return counts, most
}
