package textlog

import (
	"bytes"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"beacon/internal/flowlog"
	"beacon/internal/flowlog/addr"
	"beacon/internal/flowlog/cut"
	"beacon/internal/flowlog/protocol"
)

// nearlyAll is the share of a column's values that have to be of a kind for the
// column to be of it: a log has a few odd records, a kind that was guessed wrongly
// fails at most of them.
const nearlyAll = 0.95

// headerlessRows is how many records of a log's beginning are looked at.
const headerlessRows = 1000

// rows is the beginning of a table without a header, by column.
type rows struct {
	columns [][]string
	n       int
	opt     *flowlog.Options
}

// readRows reads the records of a sample that have as many fields as the first.
func readRows(sample []byte, separator byte, opt *flowlog.Options) *rows {
	r := &rows{opt: opt}
	l := cut.Splitter{Separator: separator, Quoted: true}
	for line := range bytes.Lines(sample) {
		if r.n == headerlessRows || !l.Split(bytes.TrimRight(line, "\r\n")) {
			break
		}
		if r.columns == nil {
			r.columns = make([][]string, len(l.Fields))
		}
		if len(l.Fields) != len(r.columns) {
			continue
		}
		for i, f := range l.Fields {
			r.columns[i] = append(r.columns[i], string(f))
		}
		r.n++
	}
	return r
}

// isHeader tells whether a line names columns: a record of flows has two addresses.
func isHeader(fields []string) bool {
	addresses := 0
	for _, f := range fields {
		if isAddress(f) {
			addresses++
		}
	}
	return addresses < 2
}

// isAddress tells whether a text is an address, an IPv4 one with a port or without. A
// hardware address and a time of day, which have colons too, are none.
func isAddress(text string) bool {
	host, port, ok := strings.Cut(text, ":")
	if strings.Contains(port, ":") {
		_, err := netip.ParseAddr(text)
		return err == nil
	}
	_, v4 := addr.ParseIPv4([]byte(host))
	return v4 && (!ok || port != "" && isPort(port))
}

// are tells whether nearly all values of a column are of a kind.
func (r *rows) are(column int, is func(string) bool) bool {
	if column < 0 || column >= len(r.columns) {
		return false
	}
	n := 0
	for _, v := range r.columns[column] {
		if is(v) {
			n++
		}
	}
	return n > 0 && float64(n) >= nearlyAll*float64(r.n)
}

func isPort(v string) bool {
	n, err := strconv.Atoi(v)
	return err == nil && n >= 0 && n < 1<<16 || v == "-" || v == ""
}

func isCount(v string) bool {
	_, err := strconv.ParseUint(v, 10, 62)
	return err == nil || v == "-" || v == ""
}

// isProtocol knows the names of protocols, and the numbers of those that are common.
func isProtocol(v string) bool {
	if n, err := strconv.Atoi(v); err == nil {
		return slices.Contains([]int{1, 2, 6, 17, 41, 47, 50, 51, 58, 89, 103, 132}, n)
	}
	n, ok := protocol.Parse([]byte(v))
	return ok && n > 0
}

// minEpochDigits is the digits of a number that can be the time of a record: the
// seconds since 1970 have had nine or more since 1973. Smaller ones are ports, counts
// or durations, even where they could be days.
const minEpochDigits = 9

// times returns the values of a column as times, nil where they are none: plausible
// ones, neither all the same nor, like the number of a rule, a few that come and go.
func (r *rows) times(column int) []int64 {
	values := r.columns[column]
	c, err := flowlog.FindClock(values, r.opt)
	if err != nil {
		return nil
	}
	var times []int64
	number, descents := 0, 0
	distinct := map[string]bool{}
	for _, v := range values {
		t, ok := c.Parse([]byte(v))
		if !ok || !r.opt.Plausible(t) {
			continue
		}
		digits, _, _ := strings.Cut(v, ".")
		if _, err := strconv.ParseUint(digits, 10, 64); err == nil {
			number++
			if len(digits) < minEpochDigits {
				continue
			}
		}
		if len(times) > 0 && t < times[len(times)-1] {
			descents++
		}
		distinct[v] = true
		times = append(times, t)
	}
	if float64(len(times)) < nearlyAll*float64(r.n) {
		return nil
	}
	if comesAndGoes := len(distinct) < r.n/2 && descents > r.n/10; number > 0 && r.n > 2 && (len(distinct) == 1 || comesAndGoes) {
		return nil
	}
	return times
}

// headerless names the columns of a table without a header by what their values
// are. It returns an error where two columns can be the same.
func headerless(r *rows) ([]string, error) {
	names := make([]string, len(r.columns))
	var times, addresses []int
	found := map[int][]int64{}
	for i := range names {
		names[i] = fmt.Sprintf("column %d", i+1)
		if r.are(i, isAddress) {
			addresses = append(addresses, i)
		} else if found[i] = r.times(i); found[i] != nil {
			times = append(times, i)
		}
	}
	addresses = r.withoutCopies(addresses)
	if len(times) == 2 && isSpan(found[times[0]], found[times[1]]) {
		names[times[1]] = "end"
		times = times[:1]
	}
	if len(times) == 0 && len(addresses) == 2 {
		if date := r.dateAndTime(); date >= 0 {
			names[date], names[date+1] = "date", "time"
			names[addresses[0]], names[addresses[1]] = "src_ip", "dst_ip"
			r.nameRest(names, addresses[0], addresses[1])
			return names, nil
		}
	}
	switch {
	case len(times) == 0 || len(addresses) < 2:
		return nil, &flowlog.InputError{Err: errors.New("its first line is no header, and no column of it can be the time of a flow"),
			Hint: "say which columns it has: " + mapLine(-1, addresses)}
	case len(times) > 1 || len(addresses) > 2:
		return nil, ambiguous(times, addresses)
	}
	names[times[0]], names[addresses[0]], names[addresses[1]] = "timestamp", "src_ip", "dst_ip"
	r.nameRest(names, addresses[0], addresses[1])
	return names, nil
}

// dateAndTime returns the column of dates that has the times of day behind it; -1 where there is
// none, or more than one.
func (r *rows) dateAndTime() int {
	date := -1
	for i := range len(r.columns) - 1 {
		isDate := func(v string) bool { return len(v) >= len("1/1/2020") && !strings.Contains(v, ":") }
		isClock := func(v string) bool { return strings.Count(v, ":") >= 1 && len(v) >= len("1:00") && !isAddress(v) }
		if !r.are(i, isDate) || !r.are(i+1, isClock) {
			continue
		}
		joined := &rows{n: r.n, opt: r.opt, columns: [][]string{make([]string, r.n)}}
		for k, v := range r.columns[i] {
			joined.columns[0][k] = v + " " + r.columns[i+1][k]
		}
		if joined.times(0) == nil {
			continue
		}
		if date >= 0 {
			return -1
		}
		date = i
	}
	return date
}

// withoutCopies leaves out the columns of addresses that say the same as those before,
// as the addresses of packets beside those of an interface do.
func (r *rows) withoutCopies(columns []int) (kept []int) {
	for _, c := range columns {
		copied := slices.ContainsFunc(kept, func(k int) bool {
			same := 0
			for i, v := range r.columns[c] {
				if v == r.columns[k][i] {
					same++
				}
			}
			return len(kept) >= 2 && float64(same) >= nearlyAll*float64(r.n)
		})
		if !copied {
			kept = append(kept, c)
		}
	}
	return kept
}

// isSpan tells whether times are the ends of what begins at others.
func isSpan(starts, ends []int64) bool {
	n := 0
	for i := range min(len(starts), len(ends)) {
		if ends[i] >= starts[i] {
			n++
		}
	}
	return float64(n) >= nearlyAll*float64(len(starts))
}

// mapLine returns the flags that name the columns, from 0; one that is not known is left
// for the analyst.
func mapLine(time int, addresses []int) string {
	column := func(name string, i int) string {
		if i < 0 {
			return "--map " + name + "=COLUMN"
		}
		return fmt.Sprintf("--map %s=%d", name, i+1)
	}
	source, destination := -1, -1
	if len(addresses) > 1 {
		source, destination = addresses[0], addresses[1]
	}
	return column("timestamp", time) + " " + column("src_ip", source) + " " + column("dst_ip", destination)
}

// ambiguous returns an error that shows the readings of a table without a header.
func ambiguous(times, addresses []int) error {
	var readings []string
	for _, t := range times {
		for i := 0; i+1 < len(addresses); i += 2 {
			readings = append(readings, mapLine(t, addresses[i:i+2]))
		}
	}
	return &flowlog.InputError{Err: errors.New("its first line is no header, and its columns can be read in more than one way"),
		Hint: strings.Join(readings, "\n        or ")}
}

// nameRest names ports, protocol and bytes by where they stand beside the addresses,
// if their values fit.
func (r *rows) nameRest(names []string, src, dst int) {
	next := dst + 1
	switch port := func(i int) bool { return i < len(names) && r.are(i, isPort) }; {
	case dst == src+2 && port(src+1) && port(dst+1): // source, port, destination, port
		names[src+1], names[dst+1] = "src_port", "dst_port"
		next = dst + 2
	case dst == src+1 && port(next) && port(next+1) && r.are(next+2, isProtocol): // addresses, ports, protocol
		names[next], names[next+1] = "src_port", "dst_port"
		next += 2
	case dst == src+1 && port(next) && port(next+1) && r.are(next+2, isAddress) && r.are(next+3, isAddress) && r.are(next+4, isProtocol): // and the packets' addresses
		names[next], names[next+1] = "src_port", "dst_port"
		next += 4
	case dst == src+1 && len(names) == next+2 && port(next) && r.are(next+1, isCount): // addresses, port, bytes
		names[next], names[next+1] = "dst_port", "bytes"
		return
	}
	switch {
	case r.are(next, isProtocol):
		names[next] = "protocol"
		next++
	case src > 0 && r.are(src-1, isProtocol):
		names[src-1] = "protocol"
	default:
		return
	}
	if r.isZeekConn(src, next) {
		names[next+1], names[next+2], names[next+3] = "duration", "orig_bytes", "resp_bytes"
		return
	}
	// One count is the bytes; of two, packets and bytes, the one that is by far larger.
	count := func(i int) bool { return r.are(i, isCount) && names[i] != "timestamp" && names[i] != "end" }
	switch one, two := count(next), count(next+1); {
	case one && two && r.sum(next+1) > minPacket*r.sum(next):
		names[next+1] = "bytes"
	case one && (!two || r.sum(next) > minPacket*r.sum(next+1)):
		names[next] = "bytes"
	}
}

// minPacket is the bytes of the smallest packet: an IPv4 header.
const minPacket = 20

func (r *rows) sum(column int) (sum float64) {
	for _, v := range r.columns[column] {
		n, _ := strconv.ParseFloat(v, 64)
		sum += n
	}
	return sum
}

// isZeekConn tells whether rows are those of Zeek's conn.log, whose columns are
// always in one order: after the protocol come service, duration, both sides' bytes,
// and the state.
func (r *rows) isZeekConn(src, next int) bool {
	return src == 2 && next == 7 && r.are(1, func(v string) bool { return strings.HasPrefix(v, "C") }) && r.are(next+4, func(v string) bool {
		return slices.Contains([]string{"S0", "S1", "SF", "REJ", "S2", "S3", "RSTO", "RSTR", "RSTOS0", "RSTRH", "SH", "SHR", "OTH"}, v)
	})
}
