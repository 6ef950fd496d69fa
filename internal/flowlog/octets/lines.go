package octets

import "bytes"

//go:generate go run -C ../../vectors . lines ../flowlog/octets

// LinePad is the number of bytes behind a text that Lines may read.
const LinePad = 64

// Lines finds the ends of lines, from the beginning of one at start on. It puts start into
// starts[0] and the place behind the end of each line into the elements that follow, until
// these are used up or the text ends, and returns the number of lines. The last LinePad
// bytes don't belong to the text; the first of them is a newline, which ends a last line that
// has no end of its own.
func Lines(text []byte, start int, starts []int) (n int) {
	size := len(text) - LinePad
	if start < 0 || text[size] != '\n' {
		panic("octets: no newline behind the text")
	}
	starts[0] = start
	if start >= size || len(starts) == 1 {
		return 0
	}
	if haveAVX2 {
		return linesAVX2(&text[0], size, start, &starts[1], len(starts)-1)
	}
	return linesPlain(text, start, starts)
}

// linesPlain is Lines for any processor.
func linesPlain(text []byte, start int, starts []int) (n int) {
	for size := len(text) - LinePad; n < len(starts)-1 && start < size; {
		start += bytes.IndexByte(text[start:], '\n') + 1
		n++
		starts[n] = start
	}
	return n
}
