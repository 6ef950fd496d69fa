package page

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"math"

	"beacon/internal/shape"
	"beacon/internal/stats"
)

// heatMap is calls by slot and cycle of the log.
type heatMap struct {
	slots, columns int
	calls          []int64 // by column, then slot
}

// maxHeatColumns is the most columns: beyond it cycles share one, which shows
// its busiest.
const maxHeatColumns = 2000

// newHeatMap lays the buckets from lo to hi, which is excluded, into slots and
// cycles.
func newHeatMap(s *shape.Series, lo, hi int64, slots int) *heatMap {
	first := stats.FloorDiv(lo, int64(slots))
	cycles := stats.FloorDiv(hi-1, int64(slots)) - first + 1
	h := &heatMap{slots: slots, columns: int(min(cycles, maxHeatColumns))}
	h.calls = make([]int64, h.columns*slots)
	for _, c := range s.Counts {
		if c.Index < lo || c.Index >= hi {
			continue
		}
		cycle := stats.FloorDiv(c.Index, int64(slots))
		column := (cycle - first) * int64(h.columns) / cycles
		cell := &h.calls[column*int64(slots)+c.Index-cycle*int64(slots)]
		*cell = max(*cell, c.Calls)
	}
	return h
}

// heatLevels is the shades of the map, none for no call; they go by the
// logarithm of the calls.
const heatLevels = 15

// png draws the map, a pixel a cell, slot 0 at the bottom: transparent where
// nothing was called, so that it lies on light and dark paper alike.
func (h *heatMap) png() ([]byte, error) {
	palette := color.Palette{color.NRGBA{}}
	for i := range heatLevels {
		f := float64(i) / (heatLevels - 1)
		mix := func(from, to float64) uint8 { return uint8(from + (to-from)*f) }
		palette = append(palette, color.NRGBA{mix(0xf2, 0xa8), mix(0xb0, 0x1e), mix(0x5e, 0x2c), 0xff})
	}
	most := int64(1)
	for _, n := range h.calls {
		most = max(most, n)
	}
	img := image.NewPaletted(image.Rect(0, 0, h.columns, h.slots), palette)
	for column := range h.columns {
		for slot := range h.slots {
			if n := h.calls[column*h.slots+slot]; n > 0 {
				level := 1 + int(math.Log(float64(n))/math.Log(float64(max(most, 2)))*(heatLevels-1)+.5)
				img.SetColorIndex(column, h.slots-1-slot, uint8(min(level, heatLevels)))
			}
		}
	}
	var out bytes.Buffer
	err := png.Encode(&out, img)
	return out.Bytes(), err
}
