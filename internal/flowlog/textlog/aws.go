package textlog

import (
	"bytes"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"beacon/internal/flowlog"
	"beacon/internal/flowlog/clocks"
	"beacon/internal/flowlog/cut"
)

// AWS VPC flow logs as text: fields apart by blanks, sometimes two of them, with
// a line of names (in S3) or without one (version 2, in CloudWatch; its exports
// put a time before each line). The pkt- addresses are the true ones where a
// NAT gateway or a load balancer lies between. Records of NODATA and SKIPDATA
// have no addresses. A record is of up to ten minutes (--span).

func init() {
	flowlog.Register(&flowlog.Format{
		Name:    "aws-vpc",
		Needs:   "start, srcaddr, dstaddr",
		Gives:   "ports, protocol, bytes, duration",
		Doc:     "AWS VPC flow logs, text of any version, with or without header",
		Example: "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status",
		Rank:    4,
		Sniff:   func(head flowlog.Head) bool { _, ok := sniffAWS(head); return ok },
		Open:    openAWS,
	})
}

// awsColumns are the columns of a log without names, in the order of AWS's
// documentation: version 2 has the first 14, later ones have more.
const awsColumns = "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status " +
	"vpc-id subnet-id instance-id tcp-flags type pkt-srcaddr pkt-dstaddr " + // version 3
	"region az-id sublocation-type sublocation-id " + // 4
	"pkt-src-aws-service pkt-dst-aws-service flow-direction traffic-path" // 5

// awsExampleOrder is the order of the example of a custom format, version 3, in AWS's
// documentation, which many have copied.
const awsExampleOrder = "version vpc-id subnet-id instance-id interface-id account-id type srcaddr dstaddr srcport dstport " +
	"pkt-srcaddr pkt-dstaddr protocol bytes packets start end action tcp-flags log-status"

// awsVersion2 is the number of columns of version 2.
const awsVersion2 = 14

// awsOrder returns the names of the columns of a record without a header. Columns
// after those that are known, as versions from 7 on have them, are numbered.
func awsOrder(fields []string) ([]string, bool) {
	n := len(fields)
	if n < awsVersion2 || len(fields[0]) != 1 || fields[0] < "2" || fields[0] > "9" {
		return nil, false
	}
	if columns := strings.Fields(awsExampleOrder); n == len(columns) && awsRecord(fields, columns) {
		return columns, true
	}
	columns := strings.Fields(awsColumns)
	for i := len(columns); i < n; i++ {
		columns = append(columns, "column "+strconv.Itoa(i+1))
	}
	columns = columns[:n]
	return columns, awsRecord(fields, columns) && (n == awsVersion2 || fields[0] != "2")
}

// awsRecord tells whether the fields of a record can have these names.
func awsRecord(fields, columns []string) bool {
	for i, column := range columns {
		switch f := fields[i]; column {
		case "log-status":
			if !slices.Contains([]string{"OK", "NODATA", "SKIPDATA"}, f) {
				return false
			}
		case "srcaddr", "dstaddr":
			if f != "-" && !isAddress(f) {
				return false
			}
		case "start", "end":
			if !isCount(f) {
				return false
			}
		}
	}
	return true
}

var awsRoles = map[string]flowlog.Role{
	"start": flowlog.StartTime, "end": flowlog.EndTime, "pktsrcaddr": flowlog.Source, "pktdstaddr": flowlog.Destination, "srcaddr": flowlog.Source, "dstaddr": flowlog.Destination,
	"srcport": flowlog.SourcePort, "dstport": flowlog.DestinationPort, "protocol": flowlog.Protocol, "bytes": flowlog.SourcePart,
}

// sniffAWS returns the log's columns and what stands before its first record.
func sniffAWS(head flowlog.Head) (t table, ok bool) {
	if t, ok = sniffTable(head); !ok || t.separator != ' ' {
		return t, false
	}
	if t.first = slices.DeleteFunc(t.first, func(field string) bool { return field == "" }); len(t.first) == 0 {
		return t, false
	}
	if awsHeader(t.first) {
		t.skip += t.size
		t.lines++
		return t, true
	}
	exported := false
	if _, ok := flowlog.NewClock([]byte(t.first[0]), new(flowlog.Options)); ok && strings.Contains(t.first[0], "T") {
		exported, t.first = true, t.first[1:]
	}
	if t.first, ok = awsOrder(t.first); ok && exported {
		t.first = slices.Insert(t.first, 0, "exported")
	}
	return t, ok
}

// awsHeader tells whether the fields of a line are the names of a log's columns.
func awsHeader(fields []string) bool {
	return slices.Contains(fields, "start") && (slices.Contains(fields, "srcaddr") || slices.Contains(fields, "pkt-srcaddr"))
}

// awsReader gives each part of the log the columns in force: logs that were put one
// behind the other can have them in another order.
type awsReader struct {
	opt    *flowlog.Options
	layout *delimited
}

func openAWS(in *flowlog.Input, opt *flowlog.Options) (flowlog.Reader, error) {
	t, ok := sniffAWS(in.Head)
	if !ok {
		return nil, errors.New("its first line is neither the names of an AWS flow log nor a record of its versions 2 to 8")
	}
	r := &awsReader{opt: opt}
	var err error
	if r.layout, err = r.columns(t.first, in.Head[min(t.skip, len(in.Head)):]); err != nil {
		return nil, err
	}
	return cut.ReadPlanned(in, int64(t.skip), t.lines, r.plan)
}

// columns returns the layout of the lines under these names; sample is some of them.
func (r *awsReader) columns(names []string, sample []byte) (*delimited, error) {
	columns := slices.Clone(names)
	for i, column := range columns { // the packet's own address where there is one
		if slices.Contains(columns, "pkt-"+column) {
			columns[i] = "interface's " + column
		}
	}
	d := &delimited{separator: ' ', runs: true, values: flowlog.FieldParser{Nulls: []string{"-"}}, verdict: func(line []byte) verdict {
		if bytes.Contains(line, []byte("NODATA")) || bytes.Contains(line, []byte("SKIPDATA")) {
			return otherRecord
		}
		return unreadable
	}}
	var err error
	if d.roles, err = flowlog.KnownColumns(columns, awsRoles, r.opt); err != nil {
		return nil, err
	}
	if len(sample) > 0 {
		if err := d.setClocks(sample, r.opt); err != nil {
			return nil, err
		}
	}
	for _, c := range [...]*clocks.Clock{&d.clock, &d.values.End} {
		if c.Unit == 0 { // nothing in the sample
			c.Unit = int64(time.Second)
		}
	}
	d.prepare(sample)
	return d, nil
}

// plan cuts a block at lines of names.
func (r *awsReader) plan(text []byte) (flowlog.ParseBlock, error) {
	var list []zeekStretch
	from, headers := 0, int64(0)
	for at := 0; ; {
		n := bytes.Index(text[at:], []byte("srcaddr"))
		if n < 0 {
			break
		}
		start := bytes.LastIndexByte(text[:at+n], '\n') + 1
		end := len(text)
		if nl := bytes.IndexByte(text[start:], '\n'); nl >= 0 {
			end = start + nl + 1
		}
		at = end
		names := strings.Fields(string(text[start:end]))
		if !awsHeader(names) {
			continue
		}
		layout, err := r.columns(names, text[end:])
		if err != nil {
			return nil, err
		}
		list = append(list, zeekStretch{layout: r.layout, from: from, to: start, headers: headers})
		r.layout, from, headers = layout, end, 1
	}
	list = append(list, zeekStretch{layout: r.layout, from: from, to: len(text), headers: headers})
	return func(w *flowlog.Worker, text []byte) error {
		for _, s := range list {
			if err := s.parse(w, text); err != nil {
				return err
			}
		}
		return nil
	}, nil
}
