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
	fmt.Fprintln(w, "| work | time | ratio | before | goal | CPU | before | peak | before | goal | the peer | its time | its CPU | its peak |")
	fmt.Fprintln(w, "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | --- | ---: | ---: | ---: |")
	return &table{w: w}
}

func (t *table) add(r row, res *result) {
	if res.skipped != "" {
		fmt.Fprintf(t.w, "| %s | | | | | | | | | | %s | | | |\n", r.name, res.skipped)
		return
	}
	us, them, before := &res.beacon, &res.peer, &r.before
	fmt.Fprintf(t.w, "| %s | %.3f s | %.3f | %s | %s | %.2f s | %s | %.0f MB | %s | %s | %s | %.3f s | %.2f s | %.0f MB |\n", r.name,
		us.wall.Seconds(), res.perPeer, known(before.ratio, ""), known(r.ratio, ""),
		us.cpu.Seconds(), known(before.cpu, " s"), megabytes(us.peak), known(before.peak, " MB"), known(r.memory, " MB"),
		res.method, them.wall.Seconds(), them.cpu.Seconds(), megabytes(them.peak))
}

// known returns a figure with its unit, "" where it isn't known.
func known(v float64, unit string) string {
	switch {
	case v == 0:
		return ""
	case v >= 100:
		return fmt.Sprintf("%.0f%s", v, unit)
	}
	return fmt.Sprintf("%.3g%s", v, unit)
}

func (t *table) foot() {
	fmt.Fprint(t.w, "\nBeacon's time is that of its whole process. DuckDB's and polars' is that of the query alone,\n"+
		"the fastest of those that were tried; its answer was the same before a time counted.\n")
}

func megabytes(n int64) float64 { return float64(n) / 1e6 }
