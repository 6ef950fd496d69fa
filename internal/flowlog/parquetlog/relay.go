package parquetlog

import (
	"encoding/binary"
	"fmt"

	"github.com/apache/arrow/go/v15/parquet"
)

// relay lays the values of a page out as PLAIN, with pagePad bytes of room behind them.
func (c *column[T]) relay(p *page) (_ []byte, err error) {
	prefixes, lengths := &c.table.numbers[0], &c.table.numbers[1]
	used, more := 0, 0
	switch {
	case p.encoding == encodingDelta && (c.physical == parquet.Types.Int64 || c.physical == parquet.Types.Int32):
		if _, err = c.deltas(lengths, p.data, p.values); err != nil {
			return nil, err
		}
		return c.joinNumbers(*lengths)
	case p.encoding == encodingDeltaLengthBytes && c.physical == parquet.Types.ByteArray:
		if used, err = c.deltas(lengths, p.data, p.values); err != nil {
			return nil, err
		}
		return c.joinTexts(nil, *lengths, p.data[used:])
	case p.encoding == encodingDeltaBytes && (c.physical == parquet.Types.ByteArray || c.physical == parquet.Types.FixedLenByteArray):
		if used, err = c.deltas(prefixes, p.data, p.values); err != nil {
			return nil, err
		}
		if more, err = c.deltas(lengths, p.data[used:], p.values); err != nil {
			return nil, err
		}
		if len(*prefixes) != len(*lengths) {
			return nil, errShortPage
		}
		return c.joinTexts(*prefixes, *lengths, p.data[used+more:])
	case p.encoding == encodingByteStreamSplit && c.width > 0:
		return c.joinStreams(p.data)
	}
	return nil, fmt.Errorf("values of encoding %d, which %v can't have", p.encoding, c.physical)
}

// deltas decodes a page of differences, at most limit of them, into numbers. It
// returns how many bytes they took.
func (c *column[T]) deltas(numbers *[]int64, data []byte, limit int64) (used int, err error) {
	if limit > int64(cap(*numbers)) && 8*limit > maxKept {
		if err := c.pages.claim.Grow(8 * limit); err != nil {
			return 0, err
		}
		*numbers = make([]int64, 0, limit)
	}
	*numbers, used, err = deltas((*numbers)[:0], data, limit)
	return used, err
}

func (c *column[T]) joinNumbers(numbers []int64) ([]byte, error) {
	out, err := c.relaid.atLeast(c.width*len(numbers)+pagePad, c.pages.claim)
	if err != nil {
		return nil, err
	}
	for i, v := range numbers {
		if c.width == 4 {
			binary.LittleEndian.PutUint32(out[4*i:], uint32(v))
		} else {
			binary.LittleEndian.PutUint64(out[8*i:], uint64(v))
		}
	}
	return out[:c.width*len(numbers)], nil
}

// joinStreams puts the bytes of values together of which first all first bytes are
// given, then all second ones, and so on.
func (c *column[T]) joinStreams(data []byte) ([]byte, error) {
	out, err := c.relaid.atLeast(len(data)+pagePad, c.pages.claim)
	if err != nil {
		return nil, err
	}
	n := len(data) / c.width
	for i := range n {
		for k := range c.width {
			out[i*c.width+k] = data[k*n+i]
		}
	}
	return out[:n*c.width], nil
}

// joinTexts lays out texts whose lengths and, one after the other, bytes are
// given; with prefixes, each first repeats so many bytes of the one before. The
// first of a page repeats none, but some writers (parquet-mr until 1.8, arrow's
// Go) have it repeat the last of the page before.
func (c *column[T]) joinTexts(prefixes, lengths []int64, data []byte) ([]byte, error) {
	size, before := int64(0), int64(len(c.lastText))
	for i, n := range lengths {
		var prefix int64
		if prefixes != nil {
			prefix = prefixes[i]
		}
		if n < 0 || n > int64(len(data)) || prefix < 0 || prefix > before {
			return nil, errShortPage
		}
		before = prefix + n
		if size += before + 4; size > maxPage {
			return nil, errShortPage
		}
	}
	room, err := c.relaid.atLeast(int(size)+pagePad, c.pages.claim)
	if err != nil {
		return nil, err
	}
	out, last := room[:0], c.lastText
	for i, n := range lengths {
		var prefix int64
		if prefixes != nil {
			prefix = prefixes[i]
		}
		if n > int64(len(data)) {
			return nil, errShortPage
		}
		if c.width == 0 {
			out = binary.LittleEndian.AppendUint32(out, uint32(prefix+n))
		}
		out = append(out, last[:prefix]...)
		out = append(out, data[:n]...)
		data = data[n:]
		last = out[len(out)-int(prefix+n):]
	}
	if prefixes != nil {
		c.lastText = append([]byte(nil), last...)
	}
	return out, nil
}
