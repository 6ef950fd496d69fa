package simulate

import (
	"io"

	"beacon/internal/flow"
	"beacon/internal/flowlog/write"
	"beacon/internal/netset"
)

// Writer writes rows to a log. Close finishes the log; it doesn't close what
// lies below. After an error the log is void.
type Writer interface {
	Write(Row) error
	Close() error
}

// rowColumns are the columns of a written log.
const rowColumns flow.Column = flow.Base | flow.SrcPort | flow.Port | flow.Proto | flow.Bytes

// rowWriter collects rows in batches for a log writer.
type rowWriter struct {
	log   write.Writer
	hosts *flow.Hosts
	rows  *flow.Columns
	n     int // rows that are not written yet
}

// NewWriter returns a Writer of a log in a format, with the names of rows if named. Times
// are cut to microseconds.
func NewWriter(w io.Writer, format *write.Format, named bool) (Writer, error) {
	columns := rowColumns
	if named {
		columns |= flow.Name
	}
	hosts := flow.NewHosts(nil)
	log, err := format.New(w, hosts)
	if err != nil {
		return nil, err
	}
	return &rowWriter{log: log, hosts: hosts, rows: flow.NewColumns(columns)}, nil
}

// NewCSVWriter returns a Writer of a CSV log; see NewWriter.
func NewCSVWriter(w io.Writer, named bool) Writer {
	format, err := write.FormatOf("csv")
	if err != nil {
		panic(err) // it is always registered
	}
	out, err := NewWriter(w, format, named)
	if err != nil {
		panic(err) // a text format is opened without an error
	}
	return out
}

// Write adds one row.
func (w *rowWriter) Write(r Row) error {
	c, i := w.rows, w.n
	c.Time[i] = r.Time - r.Time%1000
	c.Src[i], c.Dst[i] = w.hosts.Intern(r.Src), w.destination(r)
	if c.Name != nil {
		c.Name[i] = 0
		if r.Name != "" && r.Dst.IsValid() {
			c.Name[i] = flow.Alias(w.hosts.InternHost(netset.Host{Name: r.Name}))
		}
	}
	c.SrcPort[i], c.Port[i] = r.SrcPort, r.DstPort
	c.Proto[i], c.Bytes[i] = r.Proto, r.Bytes
	if w.n++; w.n < flow.BatchRows {
		return nil
	}
	return w.flush()
}

// destination returns the id of the address that a row goes to, or of its name.
func (w *rowWriter) destination(r Row) uint32 {
	if r.Dst.IsValid() {
		return w.hosts.Intern(r.Dst)
	}
	return w.hosts.InternHost(netset.Host{Name: r.Name})
}

func (w *rowWriter) flush() error {
	n := w.n
	if w.n = 0; n == 0 {
		return nil
	}
	return w.log.Write(w.rows.Batch(n))
}

// Close writes what is still held.
func (w *rowWriter) Close() error {
	if err := w.flush(); err != nil {
		return err
	}
	return w.log.Close()
}

// WriteOffice writes an office log to w and closes it; see Office.
func WriteOffice(cfg OfficeConfig, w Writer) (Truth, error) {
	truth, err := Office(cfg, w.Write)
	if err != nil {
		return Truth{}, err
	}
	return truth, w.Close()
}
