package escape

import (
	"cmp"
	"encoding/csv"
	"io"
)

// CSV returns a writer of CSV for people to read: cells that a spreadsheet
// would run as formulas are defused. end waits until all is written.
func CSV(to io.Writer) (w io.Writer, end func() error) {
	from, in := io.Pipe()
	done := make(chan error, 1)
	go func() {
		rows, out := csv.NewReader(from), csv.NewWriter(to)
		rows.ReuseRecord, rows.FieldsPerRecord, rows.LazyQuotes = true, -1, true
		for {
			row, err := rows.Read()
			if err == io.EOF {
				out.Flush()
				done <- out.Error()
				return
			}
			for i := range row {
				row[i] = Formula(row[i])
			}
			if err = cmp.Or(err, out.Write(row)); err != nil {
				from.CloseWithError(err)
				done <- err
				return
			}
		}
	}()
	return in, func() error {
		in.Close()
		return <-done
	}
}
