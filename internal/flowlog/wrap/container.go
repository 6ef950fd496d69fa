package wrap

import (
	"bytes"
	"io"
	"regexp"
	"strings"

	"beacon/internal/flowlog"
)

// What a container writes, with what its runtime or the command that shows it puts before each
// line: the time of the line and the stream, or the container's name. The time is not the flow's,
// and no header of syslog.
//
// Shape: Kubernetes, "CRI log format" (a line that is cut has P, its last piece F); docker compose
// logs; kubectl logs --prefix.

func init() {
	flowlog.RegisterWrapping(&flowlog.Wrapping{Name: "a container's log", Rank: flowlog.RankLine - 1, Sniff: sniffContainer})
}

func sniffContainer(head flowlog.Head) func(io.Reader) io.Reader {
	for _, prefix := range containerPrefixes {
		if startsAll(head, prefix) {
			return func(r io.Reader) io.Reader {
				c := containerLines{prefix: prefix}
				return rewriteLines(io.MultiReader(r, strings.NewReader("\n\n")), c.line)
			}
		}
	}
	return nil
}

// containerPrefixes are what stands before a line, which is the last submatch; the tag of the CRI
// is the first. Behind a name and a bar it must be JSON: a table may have bars between columns.
var containerPrefixes = []*regexp.Regexp{
	regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d) (?:stdout|stderr) ([FP])(?::\S+)? (.*)$`),
	regexp.MustCompile(`^[A-Za-z0-9][\w.-]* +\| (\{.*)$`),
	regexp.MustCompile(`^\[pod/[\w.-]+/[\w.-]+\] (.*)$`),
}

// startsAll tells whether a prefix stands before each of a log's first lines.
func startsAll(head flowlog.Head, prefix *regexp.Regexp) bool {
	n := 0
	for line := range bytes.Lines(head[head.Start():]) {
		line = bytes.TrimRight(line, "\r\n")
		if len(line) == 0 {
			continue
		}
		if n == firstElements {
			break
		}
		if !prefix.Match(line) {
			return false
		}
		n++
	}
	return n > 0
}

// containerLines takes prefixes off lines, one at a time.
type containerLines struct {
	prefix *regexp.Regexp
	pieces []byte // of a line that isn't whole yet
}

// line returns a line without its prefix, nothing for a piece whose line goes on.
func (c *containerLines) line(line []byte) []byte {
	at := c.prefix.FindSubmatchIndex(line)
	if at == nil && len(c.pieces) == 0 {
		return line
	}
	if at == nil { // the pieces are all that there is of their line, which can't be read and counts
		text := append(append(c.pieces, '\n'), line...)
		c.pieces = nil
		return text
	}
	text := line[at[len(at)-2]:]
	partial := c.prefix.NumSubexp() > 1 && line[at[2]] == 'P'
	if !partial && len(c.pieces) == 0 { // Fast path
		return text
	}
	if len(c.pieces)+len(text) > flowlog.MaxLine {
		c.pieces = c.pieces[:0]
		return line
	}
	if c.pieces = append(c.pieces, text...); partial {
		return nil
	}
	text, c.pieces = c.pieces, nil
	return text
}
