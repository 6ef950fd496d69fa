package textlog

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"beacon/internal/flowlog"
	"beacon/internal/flowlog/clocks"
	"beacon/internal/flowlog/columnnames"
	"beacon/internal/flowlog/numbers"
)

// Zeek's conn.log, ssl.log, http.log, quic.log and dns.log as it writes them: header
// lines that begin with # name separator and columns. Logs that were put one behind
// the other have such lines in their middle, with other columns, or of another log,
// whose records are passed over where it is none of these five.

func init() {
	flowlog.Register(&flowlog.Format{
		Name:    "zeek",
		Needs:   "ts, id.orig_h, and id.resp_h or (dns.log) query",
		Gives:   "ports, protocol, bytes, duration (conn.log); name (ssl.log, http.log, quic.log, dns.log)",
		Doc:     "Zeek conn.log, ssl.log, http.log, quic.log and dns.log, tab-separated as Zeek writes them",
		Example: "#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\torig_bytes\tresp_bytes",
		Rank:    1,
		Sniff: func(head flowlog.Head) bool {
			paths, ok := zeekPaths(head)
			return ok && (len(paths) == 0 || slices.ContainsFunc(paths, isZeekPath)) || zeekRows(head)
		},
		Alike: alikeZeek,
		Open:  openZeek,
		Names: func(head flowlog.Head) bool {
			paths, ok := zeekPaths(head)
			return ok && len(paths) > 0 && !slices.Contains(paths, "conn")
		},
	})
}

// alikeZeek returns a test whether a log has the header lines of this one (sameZeekHeader);
// nil where it has none or others follow.
func alikeZeek(head flowlog.Head) func(flowlog.Head) bool {
	n := 0
	for line := range bytes.Lines(head) {
		if line[0] != '#' || line[len(line)-1] != '\n' {
			break
		}
		n += len(line)
	}
	if !bytes.Contains(head[:n], zeekFields) || bytes.Contains(head[n:], zeekFields) {
		return nil
	}
	header := bytes.Clone(head[:n])
	return func(other flowlog.Head) bool { return sameZeekHeader(header, other) }
}

// zeekFields is what the line begins with that names the columns, and zeekOpened the one
// with the time when the log was begun.
var zeekFields, zeekOpened = []byte("\n#fields"), []byte("#open")

// sameZeekHeader tells whether a log begins with the lines of a header but for the time
// when it was begun, and has no other header.
func sameZeekHeader(header []byte, head flowlog.Head) bool {
	text := []byte(head)
	for line := range bytes.Lines(header) {
		if bytes.HasPrefix(line, zeekOpened) && bytes.HasPrefix(text, zeekOpened) {
			_, text, _ = bytes.Cut(text, []byte("\n"))
			continue
		}
		if !bytes.HasPrefix(text, line) {
			return false
		}
		text = text[len(line):]
	}
	return !bytes.HasPrefix(text, zeekFields[1:]) && !bytes.Contains(text, zeekFields)
}

// zeekPaths is the logs that the header lines of a text name; false where it is
// no log of Zeek.
func zeekPaths(head flowlog.Head) (paths []string, ok bool) {
	text := bytes.TrimPrefix(head, flowlog.ByteOrderMark)
	if !bytes.HasPrefix(text, []byte("#separator")) && !bytes.HasPrefix(text, []byte("#fields")) {
		return nil, false
	}
	for line := range bytes.Lines(text) {
		if rest, found := bytes.CutPrefix(line, []byte("#path")); found && len(rest) > 1 {
			paths = append(paths, string(bytes.TrimSpace(rest[1:])))
		}
	}
	return paths, true
}

// isZeekPath tells whether a log of Zeek's is one that is read.
func isZeekPath(path string) bool { _, ok := zeekNameRoles[path]; return ok || path == "conn" }

// zeekColumns is conn.log's columns, for rows that were cut out of one without its
// header.
const zeekColumns = "ts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\tservice\tduration\torig_bytes\tresp_bytes\tconn_state"

// zeekRowColumns is the columns of rows without a header: those that beacon reads by
// their names, the others by their numbers.
func zeekRowColumns(head flowlog.Head) []string {
	line, _, _ := bytes.Cut(head[head.Start():], []byte("\n"))
	columns := strings.Split(zeekColumns, "\t")
	for n := len(columns); n < bytes.Count(line, []byte("\t"))+1; n++ {
		columns = append(columns, fmt.Sprint("column ", n+1))
	}
	return columns
}

// zeekRows recognises rows of conn.log without a header: time, uid, the five-tuple
// and the state of the connection in their places.
func zeekRows(head flowlog.Head) bool {
	line, _, _ := bytes.Cut(head[head.Start():], []byte("\n"))
	fields := strings.Split(string(bytes.TrimRight(line, "\r")), "\t")
	if len(fields) < 12 || !isAddress(fields[2]) || !isAddress(fields[4]) || len(fields[1]) < 2 || fields[1][0] != 'C' {
		return false
	}
	_, ok := flowlog.NewClock([]byte(fields[0]), new(flowlog.Options))
	_, orig := numbers.ParseUint([]byte(fields[3]))
	_, resp := numbers.ParseUint([]byte(fields[5]))
	return ok && orig && resp && slices.Contains(strings.Fields("tcp udp icmp unknown_transport"), fields[6]) &&
		slices.Contains(strings.Fields("S0 S1 SF REJ S2 S3 RSTO RSTR RSTOS0 RSTRH SH SHR OTH -"), fields[11])
}

// zeekRoles is what conn.log's columns are. What collectors make of their names has
// an underscore for the point.
var zeekRoles = map[string]flowlog.Role{
	"id$orig_h": flowlog.Source, "id$orig_p": flowlog.SourcePort, "id$resp_h": flowlog.Destination, "id$resp_p": flowlog.DestinationPort,
	"id_orig_h": flowlog.Source, "id_orig_p": flowlog.SourcePort, "id_resp_h": flowlog.Destination, "id_resp_p": flowlog.DestinationPort,
	"ts": flowlog.StartTime, "id.orig_h": flowlog.Source, "id.orig_p": flowlog.SourcePort, "id.resp_h": flowlog.Destination, "id.resp_p": flowlog.DestinationPort,
	"proto": flowlog.Protocol, "conn_state": flowlog.State, "history": flowlog.State, "duration": flowlog.Duration, "orig_bytes": flowlog.SourcePart, "resp_bytes": flowlog.ByteCount,
}

// zeekNameRoles is what columns are that name the destinations, by log. A resolver that
// is asked for a name is no destination. uri tells a request to a proxy, which is no
// destination either.
var zeekNameRoles = map[string]map[string]flowlog.Role{
	"ssl":  {"server_name": flowlog.HostName},
	"quic": {"server_name": flowlog.HostName},
	"http": {"host": flowlog.HostName, "uri": flowlog.Target},
	"dns":  {"query": flowlog.Query, "answers": flowlog.Answers},
}

// zeekRole returns what a column of a log is.
func zeekRole(path, column string) flowlog.Role {
	if r, ok := zeekNameRoles[path][column]; ok {
		return r
	}
	return zeekRoles[column]
}

func openZeek(in *flowlog.Input, opt *flowlog.Options) (flowlog.Reader, error) {
	stream, err := in.Stream()
	if err != nil {
		return nil, err
	}
	if opt.WantsLayout() {
		noteZeek(in.Head, opt)
	}
	r := &zeekReader{opt: opt, separator: '\t', unset: "-", path: "conn"}
	if bytes.HasPrefix(in.Head, flowlog.ByteOrderMark) {
		r.skip = int64(len(flowlog.ByteOrderMark))
	}
	if zeekRows(in.Head) {
		columns := zeekRowColumns(in.Head)
		if err := r.fields(columns); err != nil {
			return nil, err
		}
		noteColumns(opt, columns)
	}
	r.StreamBlocks = flowlog.NewStreamBlocks(stream, r.skip, 0, flowlog.WholeLines, nil)
	return r, nil
}

// zeekReader gives each part of the log the header in force.
//
// Note: a plain file's blocks could be read where they lie, by each worker for
// itself, as those of other text logs are. But then the header of a block is
// known only when all before it were searched for header lines, so one
// goroutine reads, and Next searches, at some 10 GB/s.
type zeekReader struct {
	*flowlog.StreamBlocks
	opt       *flowlog.Options
	skip      int64
	separator byte
	unset     string
	path      string
	layout    *delimited // of the lines to come; nil for those of another log
	unseen    bool       // no line of this layout was seen yet
}

// zeekStretch is lines under one header.
type zeekStretch struct {
	layout   *delimited // nil for another log's
	from, to int
	headers  int64 // header lines before it
}

func (r *zeekReader) Next() (flowlog.Part, error) {
	part, err := r.StreamBlocks.Next()
	if err != nil {
		return nil, err
	}
	block := part.(*flowlog.StreamBlock)
	stretches, err := r.stretches(block.Text)
	if err != nil {
		return nil, err
	}
	block.Parse = func(w *flowlog.Worker, text []byte) error {
		at, headers := 0, text
		if w.Tap() != nil {
			headers = bytes.Clone(text) // parsing writes behind the lines
		}
		for _, s := range stretches {
			w.Tap().Header(headers[at:s.from])
			at = s.to
			if err := s.parse(w, text); err != nil {
				return err
			}
		}
		return nil
	}
	return block, nil
}

func (s *zeekStretch) parse(w *flowlog.Worker, text []byte) error {
	w.Lines(s.headers)
	lines := text[s.from:s.to]
	if s.layout != nil {
		return w.ParseLines(s.layout.parse, lines) // writes a line's end behind the lines: where a header was that has been read
	}
	return flowlog.EachLine(w, lines, func([]byte) error {
		w.Other()
		return nil
	})
}

// stretches cuts a block at its header lines.
func (r *zeekReader) stretches(text []byte) ([]zeekStretch, error) {
	r.sample(text)
	list := []zeekStretch{{layout: r.layout, to: len(text)}}
	for at := 0; ; {
		n := bytes.IndexByte(text[at:], '#')
		if n < 0 {
			return list, nil
		}
		if at += n; at > 0 && text[at-1] != '\n' {
			at++
			continue
		}
		end := len(text)
		if nl := bytes.IndexByte(text[at:], '\n'); nl >= 0 {
			end = at + nl + 1
		}
		if err := r.header(bytes.TrimRight(text[at:end], "\r\n")); err != nil {
			return nil, err
		}
		r.sample(text[end:])
		s := &list[len(list)-1]
		if s.to = at; s.from < s.to {
			list = append(list, zeekStretch{})
			s = &list[len(list)-1]
		}
		s.layout, s.from, s.to = r.layout, end, len(text)
		s.headers++
		at = end
	}
}

// header takes a line that begins with #.
func (r *zeekReader) header(line []byte) error {
	name, value, _ := strings.Cut(string(line), string(r.separator))
	switch {
	case strings.HasPrefix(name, "#separator"):
		name, value, _ := strings.Cut(string(line), " ")
		if name != "#separator" {
			return fmt.Errorf("unreadable header %q", line)
		}
		sep, err := zeekUnescape(value)
		if err != nil || len(sep) != 1 {
			return fmt.Errorf("a separator that is no single byte: %q", value)
		}
		r.separator = sep[0]
	case name == "#unset_field":
		r.unset = value
	case name == "#path":
		r.path, r.layout = value, nil
	case name == "#fields":
		return r.fields(strings.Split(value, string(r.separator)))
	}
	return nil
}

func (r *zeekReader) fields(columns []string) error {
	r.layout = nil
	if !isZeekPath(r.path) {
		return nil
	}
	found := map[flowlog.Role]bool{}
	d := &delimited{separator: r.separator, exact: true, beside: r.path != "conn" && r.opt.Connections(), values: flowlog.FieldParser{Nulls: []string{r.unset, "(empty)"}}, roles: make([]flowlog.Role, len(columns))}
	for i, column := range columns {
		if c := zeekRole(r.path, column); !found[c] && flowlog.Needed(c, r.opt.Columns) {
			d.roles[i], found[c] = c, true
		}
	}
	if !found[flowlog.StartTime] || !found[flowlog.Source] || !found[flowlog.Destination] && !found[flowlog.Query] {
		return fmt.Errorf("a %s.log without the columns ts, id.orig_h, id.resp_h: it has %s", r.path, columnnames.List(columns))
	}
	d.clock = clocks.Clock{Unit: int64(time.Second), Zone: r.opt.Location()}
	d.prepare(nil)
	r.layout, r.unseen = d, true
	return nil
}

// sample learns from the first line of a layout how it writes times and ends
// its lines, before anyone reads by it.
func (r *zeekReader) sample(text []byte) {
	if r.layout == nil || !r.unseen {
		return
	}
	l := r.layout.splitter(0)
	start := slices.Index(r.layout.roles, flowlog.StartTime)
	for line := range bytes.Lines(text) {
		if line[0] == '#' {
			return
		}
		if !l.Split(bytes.TrimRight(line, "\r\n")) || len(l.Fields) <= start {
			continue
		}
		if c, ok := flowlog.NewClock(l.Fields[start], r.opt); ok {
			learned := *r.layout // a block without a readable time may be read by the old one
			learned.clock = *c
			learned.prepare(line)
			r.layout, r.unseen = &learned, false
			return
		}
	}
}

// zeekUnescape reads a text with \x09 in it.
func zeekUnescape(text string) (string, error) {
	var b strings.Builder
	for {
		before, after, found := strings.Cut(text, `\x`)
		b.WriteString(before)
		if !found {
			return b.String(), nil
		}
		if len(after) < 2 {
			return "", fmt.Errorf("unreadable escape in %q", text)
		}
		v, err := hex.DecodeString(after[:2])
		if err != nil {
			return "", err
		}
		b.Write(v)
		text = after[2:]
	}
}

// noteZeek tells who asked for the layout what the columns of the logs are whose headers
// stand in the beginning.
func noteZeek(head flowlog.Head, opt *flowlog.Options) {
	path := "conn"
	var names []string
	var roles []flowlog.Role
	for line := range bytes.Lines(head) {
		line = bytes.TrimRight(line, "\r\n")
		if rest, found := bytes.CutPrefix(line, []byte("#path")); found && len(rest) > 1 {
			path = string(rest[1:])
		}
		rest, found := bytes.CutPrefix(line, []byte("#fields"))
		if !found || len(rest) < 2 || !isZeekPath(path) {
			continue
		}
		for name := range strings.SplitSeq(string(rest[1:]), string(rest[:1])) {
			if !slices.Contains(names, name) {
				names, roles = append(names, name), append(roles, zeekRole(path, name))
			}
		}
	}
	if names != nil {
		opt.NoteColumns(names, roles)
	}
}

// noteColumns tells who asked for the layout what conn.log's columns are.
func noteColumns(opt *flowlog.Options, names []string) {
	roles := make([]flowlog.Role, len(names))
	for i, name := range names {
		roles[i] = zeekRole("conn", name)
	}
	opt.NoteColumns(names, roles)
}
