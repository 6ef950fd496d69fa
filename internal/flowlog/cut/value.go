package cut

import (
	"bufio"
	"bytes"
	"io"
	"net/netip"
	"time"

	"beacon/internal/flowlog"
	"beacon/internal/flowlog/numbers"
)

// Null says whether a text stands for no value.
func Null(text []byte) bool {
	switch string(text) {
	case "", "-", "N/A", "n/a", "None", "none", "(null)", "null", "NULL", "unknown":
		return true
	}
	return false
}

// IsName says whether a text that is no address is the name of a host.
func IsName(text []byte) bool {
	return bytes.IndexByte(text, ':') < 0 && bytes.ContainsAny(bytes.ToLower(text), "ghijklmnopqrstuvwxyz")
}

// IsAddress says whether a text is an address, in brackets or not.
func IsAddress(text []byte) bool {
	if len(text) == 0 || len(text) > 45+2 {
		return false
	}
	_, err := netip.ParseAddr(string(bytes.Trim(text, "[]")))
	return err == nil
}

// ClockDuration reads h:mm:ss, h of any length.
func ClockDuration(text []byte) (int64, bool) {
	hours, rest, ok := bytes.Cut(text, []byte(":"))
	if !ok || len(rest) != 5 || rest[2] != ':' {
		return 0, false
	}
	h, ok := numbers.ParseUint(hours)
	m, k := Digits(rest, 2)
	s, k2 := Digits(rest[3:], 2)
	if !ok || k != 2 || k2 != 2 || h > 1<<20 {
		return 0, false
	}
	return (h*3600 + int64(m)*60 + int64(s)) * int64(time.Second), true
}

// Digits reads up to most digits; n is how many there are.
func Digits(p []byte, most int) (v, n int) {
	for n < len(p) && n < most && p[n]-'0' <= 9 {
		v = v*10 + int(p[n]-'0')
		n++
	}
	return v, n
}

// sniffLines is how many lines of a log's beginning are looked at.
const sniffLines = 400

// FirstLines returns the first lines of a text that is no JSON.
func FirstLines(head flowlog.Head) func(yield func([]byte) bool) {
	return func(yield func([]byte) bool) {
		n := 0
		for line := range bytes.Lines(head[head.Start():]) {
			line = bytes.TrimRight(line, "\r\n")
			text := bytes.TrimLeft(line, " \t")
			if len(text) == 0 {
				continue
			}
			if n++; n > sniffLines || n == 1 && (text[0] == '{' || text[0] == '[' && (len(text) == 1 || text[1] == '{')) {
				return
			}
			if !yield(line) {
				return
			}
		}
	}
}

// IsNumber says whether a word is of digits alone.
func IsNumber(word []byte) bool {
	for _, ch := range word {
		if ch-'0' > 9 {
			return false
		}
	}
	return len(word) > 0
}

// First returns the first byte of a word; 0 of an empty one.
func First(word []byte) byte {
	if len(word) == 0 {
		return 0
	}
	return word[0]
}

// IsFalse says whether a text stands for false.
func IsFalse(text []byte) bool {
	return string(text) == "false" || string(text) == "False" || string(text) == "FALSE" || string(text) == "0"
}

// InParentheses returns what stands in parentheses at the end of a text, and what stands
// before them; the text itself where there are none.
func InParentheses(text []byte) (inside, before []byte) {
	if n := len(text); n > 2 && text[n-1] == ')' {
		if open := bytes.LastIndexByte(text, '('); open >= 0 {
			return text[open+1 : n-1], bytes.TrimSpace(text[:open])
		}
	}
	return text, nil
}

// EventData returns the text of a named value of an event.
func EventData(event []byte, name string) []byte {
	for _, quote := range [...]string{"'", `"`} {
		_, rest, ok := bytes.Cut(event, []byte("Name="+quote+name+quote+">"))
		if ok {
			text, _, _ := bytes.Cut(rest, []byte("<"))
			return bytes.TrimSpace(text)
		}
	}
	return nil
}

// EachUID calls do with the uid of each record of a conn.log.
func EachUID(in *flowlog.Input, do func(uid []byte)) error {
	stream, err := in.Stream()
	if err != nil {
		return err
	}
	defer stream.Close()
	lines := bufio.NewReaderSize(stream, 1<<20)
	column := 1 // where conn.log has it
	for {
		line, err := lines.ReadSlice('\n')
		if fields, ok := bytes.CutPrefix(line, []byte("#fields\t")); ok {
			for i, name := range bytes.Split(bytes.TrimRight(fields, "\r\n"), []byte("\t")) {
				if string(name) == "uid" {
					column = i
				}
			}
		} else if len(line) > 0 && line[0] == '{' {
			if _, rest, ok := bytes.Cut(line, []byte(`"uid":`)); ok {
				rest = bytes.TrimLeft(rest, ` "`)
				if end := bytes.IndexByte(rest, '"'); end > 0 {
					do(rest[:end])
				}
			}
		} else if len(line) > 0 && line[0] != '#' {
			for range column {
				_, line, _ = bytes.Cut(line, []byte("\t"))
			}
			uid, _, _ := bytes.Cut(line, []byte("\t"))
			do(uid)
		}
		if err == io.EOF {
			return nil
		}
		if err != nil && err != bufio.ErrBufferFull {
			return err
		}
	}
}
