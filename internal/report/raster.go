package report

import (
	"math"
	"strconv"
)

// raster is a picture's dots counted in cells, so that a long series is drawn as cheaply
// as a short one and a single call shows however many the others are.
type raster struct {
	wide, high int
	cells      []int // calls, column by column, each from the bottom
	most       int
}

// run is cells of one column above each other that are drawn alike, both ends included.
type run struct{ column, from, to int }

// rasterLevels is how many shades the cells have: by the logarithm of their calls.
const rasterLevels = 3

func newRaster(pic *picture, wide, high int) *raster {
	r := &raster{wide: wide, high: high, cells: make([]int, wide*high)}
	for _, d := range pic.dots {
		cell := &r.cells[pic.column(d.at, wide)*high+row(d.y, high)]
		*cell++
		r.most = max(r.most, *cell)
	}
	return r
}

// column is the column of a time, of so many that share the picture's.
func (pic *picture) column(at int64, columns int) int {
	share := float64(at-pic.first) / float64(pic.last-pic.first)
	return min(max(int(share*float64(columns)), 0), columns-1)
}

// row is the row of a height, of so many.
func row(y float64, rows int) int { return min(max(int(y*float64(rows)), 0), rows-1) }

// level is the shade of a cell: 0 is the faintest, -1 none.
func (r *raster) level(calls int) int {
	if calls == 0 {
		return -1
	}
	return int(rasterLevels * math.Log(float64(calls)) / math.Log(float64(r.most+1)))
}

// runs are the cells of a shade, column by column.
func (r *raster) runs(level int) (all []run) {
	for column := range r.wide {
		cells := r.cells[column*r.high : (column+1)*r.high]
		for i := 0; i < r.high; i++ {
			if r.level(cells[i]) != level {
				continue
			}
			from := i
			for i+1 < r.high && r.level(cells[i+1]) == level {
				i++
			}
			all = append(all, run{column, from, i})
		}
	}
	return all
}

// path is the cells of a shade as a path of SVG, to be stroked with round ends. Its
// units are cells, the first row at the bottom.
func (r *raster) path(level int) string {
	var b []byte
	x, y := 0, 0
	for _, c := range r.runs(level) {
		top, bottom := r.high-1-c.to, r.high-1-c.from
		b = append(b, 'm')
		b = strconv.AppendInt(b, int64(c.column-x), 10)
		if top >= y {
			b = append(b, ' ')
		}
		b = strconv.AppendInt(b, int64(top-y), 10)
		b = append(b, 'v')
		b = strconv.AppendInt(b, int64(bottom-top), 10)
		x, y = c.column, bottom
	}
	return string(b)
}

// histogram counts a picture's dots by height, the bottom first.
func (pic *picture) histogram(bins int) (counts []int, most int) {
	counts = make([]int, bins)
	for _, d := range pic.dots {
		n := &counts[row(d.y, bins)]
		*n++
		most = max(most, *n)
	}
	return counts, most
}
