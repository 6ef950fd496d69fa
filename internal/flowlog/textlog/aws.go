package textlog

import (
	"bytes"
	"errors"
	"slices"
	"strings"

	"beacon/internal/flowlog"
)

// AWS VPC flow logs as text: fields apart by blanks, sometimes two of them, with
// a line of names (in S3) or without one (version 2, in CloudWatch; its exports
// put a time before each line). The pkt- addresses are the true ones where a
// NAT gateway or a load balancer lies between. Records of NODATA and SKIPDATA
// have no addresses. A record is of up to ten minutes (--span).

func init() {
	flowlog.Register(&flowlog.Format{
		Name:    "aws-vpc",
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

// awsVersion2 is the number of columns of version 2.
const awsVersion2 = 14

var awsRoles = map[string]flowlog.Role{
	"start": flowlog.StartTime, "end": flowlog.EndTime, "pktsrcaddr": flowlog.Source, "pktdstaddr": flowlog.Destination, "srcaddr": flowlog.Source, "dstaddr": flowlog.Destination,
	"srcport": flowlog.SourcePort, "dstport": flowlog.DestinationPort, "protocol": flowlog.Protocol, "bytes": flowlog.SourcePart,
}

// sniffAWS is the log's columns and what stands before its first record.
func sniffAWS(head flowlog.Head) (t table, ok bool) {
	if t, ok = sniffTable(head); !ok || t.separator != ' ' {
		return t, false
	}
	t.first = slices.DeleteFunc(t.first, func(field string) bool { return field == "" })
	if slices.Contains(t.first, "start") && (slices.Contains(t.first, "srcaddr") || slices.Contains(t.first, "pkt-srcaddr")) {
		t.skip += t.size
		t.lines++
		return t, true
	}
	columns := strings.Fields(awsColumns)
	if _, ok := flowlog.NewClock([]byte(t.first[0]), new(flowlog.Options)); ok && strings.Contains(t.first[0], "T") {
		columns = slices.Insert(columns, 0, "exported")
		t.first = t.first[1:]
	}
	n := len(t.first)
	if n < awsVersion2 || n > len(columns) || len(t.first[0]) != 1 || t.first[0] < "2" || t.first[0] > "9" {
		return t, false
	}
	if !slices.Contains([]string{"OK", "NODATA", "SKIPDATA"}, t.first[awsVersion2-1]) || n > awsVersion2 && t.first[0] == "2" {
		return t, false
	}
	columns = columns[:len(columns)-len(strings.Fields(awsColumns))+n]
	t.first = columns
	return t, true
}

func openAWS(in *flowlog.Input, opt *flowlog.Options) (flowlog.Reader, error) {
	t, ok := sniffAWS(in.Head)
	if !ok {
		return nil, errors.New("its first line is neither the names of an AWS flow log nor a record of version 2")
	}
	columns := slices.Clone(t.first)
	for i, column := range columns { // the packet's own address where there is one
		if slices.Contains(columns, "pkt-"+column) {
			columns[i] = "interface's " + column
		}
	}
	d := &delimited{separator: t.separator, runs: true, values: flowlog.FieldParser{Nulls: []string{"-"}}, verdict: func(line []byte) verdict {
		if bytes.Contains(line, []byte("NODATA")) || bytes.Contains(line, []byte("SKIPDATA")) {
			return otherRecord
		}
		if bytes.Contains(line, []byte("srcaddr")) { // the names of a second log
			return noRecord
		}
		return unreadable
	}}
	var err error
	if d.roles, err = flowlog.KnownColumns(columns, awsRoles, opt); err != nil {
		return nil, err
	}
	if err := d.setClocks(in.Head[min(t.skip, len(in.Head)):], opt); err != nil {
		return nil, err
	}
	return d.read(in, int64(t.skip), t.lines)
}
