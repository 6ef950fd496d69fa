package main

import (
	"fmt"
	"io"
)

// table writes results as Markdown, a row as soon as it is there.
type table struct {
	w io.Writer
}

func newTable(w io.Writer) *table {
	fmt.Fprintln(w, "| work | beacon | peer | ratio | goal | beacon's peak | goal | peer's peak | CPU of beacon | of the peer | the peer |")
	fmt.Fprintln(w, "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | --- |")
	return &table{w: w}
}

func (t *table) add(r row, res *result) {
	if res.skipped != "" {
		fmt.Fprintf(t.w, "| %s | | | | | | | | | | %s |\n", r.name, res.skipped)
		return
	}
	ratio, memory := "", ""
	if r.ratio > 0 {
		ratio = fmt.Sprintf("%.3g", r.ratio)
	}
	if r.memory > 0 {
		memory = fmt.Sprintf("%.0f MB", r.memory)
	}
	fmt.Fprintf(t.w, "| %s | %.3f s | %.3f s | %.3f | %s | %.0f MB | %s | %.0f MB | %.2f s | %.2f s | %s |\n", r.name,
		res.beacon.wall.Seconds(), res.peer.wall.Seconds(), res.perPeer, ratio,
		megabytes(res.beacon.peak), memory, megabytes(res.peer.peak),
		res.beacon.cpu.Seconds(), res.peer.cpu.Seconds(), res.method)
}

func (t *table) foot() {
	fmt.Fprint(t.w, "\nBeacon's time is that of its whole process. DuckDB's and polars' is that of the query alone,\n"+
		"the fastest of those that were tried; its answer was the same before a time counted.\n")
}

func megabytes(n int64) float64 { return float64(n) / 1e6 }
