package wrap

import (
	"bytes"
	"io"
	"strings"

	"github.com/valyala/fastjson"

	"beacon/internal/flowlog"
)

// Records of a value a line, with its name before it, which become JSON.
//
// Shape: mysql \G, psql \x, ClickHouse's Vertical, PowerShell's Format-List, sqlite3 -line.

func init() {
	flowlog.RegisterWrapping(&flowlog.Wrapping{Name: "a value a line", Rank: 7, Sniff: sniffVertical})
}

// leastValues is how many values the first record must have: a time and both ends of a flow.
const leastValues = 3

func sniffVertical(head flowlog.Head) func(io.Reader) io.Reader {
	text := bytes.TrimLeft(head[head.Start():], " \t\r\n")
	first, _, _ := bytes.Cut(text, []byte("\n"))
	v := verticalOf(bytes.TrimRight(first, "\r"))
	if v == nil {
		return nil
	}
	var names []string
	for line := range bytes.Lines(text) {
		line = bytes.TrimRight(line, "\r\n")
		if v.ends(line) && len(names) > 0 {
			break
		}
		if name, _, ok := v.pair(line); ok {
			names = append(names, name)
		}
	}
	if _, err := flowlog.MatchNames(names, nil); err != nil || len(names) < leastValues {
		return nil
	}
	return func(r io.Reader) io.Reader {
		own := vertical{assign: v.assign, titled: v.titled}
		return rewriteLines(io.MultiReader(r, strings.NewReader("\n"+v.titled+"\n\n")), own.line)
	}
}

// vertical is how records of a value a line are written, and the record that is being read.
type vertical struct {
	assign string // between name and value
	titled string // begins the line above a record; "" where records are apart by an empty line

	arena  fastjson.Arena
	record *fastjson.Value
	first  string // name in the record
	values int    // in the record
	out    []byte
}

// verticalOf returns the way of writing that a text has by its first line, nil if it is none.
func verticalOf(first []byte) *vertical {
	for _, v := range []*vertical{{assign: ": ", titled: "***************************"}, {assign: "| ", titled: "-[ RECORD "}, {assign: ": ", titled: "Row "}} {
		if bytes.HasPrefix(first, []byte(v.titled)) && v.ends(first) {
			return v
		}
	}
	for _, v := range []*vertical{{assign: " : "}, {assign: " = "}} {
		if name, _, ok := v.pair(first); ok && !strings.ContainsAny(name, " \t\"'{[<,;") {
			return v
		}
	}
	return nil
}

// ends tells whether a line stands between records.
func (v *vertical) ends(line []byte) bool {
	if v.titled == "" {
		return len(bytes.TrimSpace(line)) == 0
	}
	rest, ok := bytes.CutPrefix(line, []byte(v.titled))
	return ok && (v.titled != "Row " || len(bytes.Trim(rest, "0123456789:")) == 0)
}

// pair returns the name and the value of a line.
func (v *vertical) pair(line []byte) (name string, value []byte, ok bool) {
	before, behind, ok := bytes.Cut(append(line[:len(line):len(line)], ' '), []byte(v.assign)) // a value may be empty
	if before = bytes.TrimSpace(before); !ok || len(before) == 0 {
		return "", nil, false
	}
	return string(before), bytes.TrimSpace(behind), true
}

// line returns the record that ends with a line or before it, nothing within a record.
// Where no line stands between records, the name of the first value begins the next one.
func (v *vertical) line(line []byte) (record []byte) {
	if v.ends(line) {
		return v.take()
	}
	name, value, ok := v.pair(line)
	if !ok {
		return nil
	}
	if v.record != nil && v.titled == "" && name == v.first {
		record = v.take()
	}
	v.add(name, value)
	return record
}

// add adds a value to the record, but for those behind the first maxKeys: finding a name takes
// longer the more there are.
func (v *vertical) add(name string, value []byte) {
	if v.record == nil {
		v.record, v.first, v.values = v.arena.NewObject(), name, 0
	}
	if v.values++; v.values <= maxKeys {
		v.record.Set(name, v.arena.NewStringBytes(value))
	}
}

// take returns the record and begins another, nothing where it has no values.
func (v *vertical) take() []byte {
	if v.record == nil {
		return nil
	}
	v.out = v.record.MarshalTo(v.out[:0])
	v.record = nil
	v.arena.Reset()
	return v.out
}
