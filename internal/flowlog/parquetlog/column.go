package parquetlog

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"unsafe"

	"beacon/internal/flowlog"
	"beacon/internal/flowlog/claims"
)

// columnReader reads one column of a row group into the batch.
type columnReader interface {
	// open begins with the column's chunk of a row group of so many rows.
	open(from io.ReaderAt, chunk parquetChunk, rows int64, claim *claims.Claim)
	// fill reads the next n values into rows [0, n).
	fill(n int) error
	// end says whether the chunk held as many values as were read.
	end() error
}

// plainFunc decodes len(dst) PLAIN values from the beginning of data, the first
// of them being of this row, and returns what follows them. What is no such
// value in the sense of its column is put on the table's list of troubles.
type plainFunc[T any] func(dst []T, data []byte, row int) (rest []byte, err error)

// column reads a column whose values are T in a batch: host ids or numbers.
//
// A value has one decoding, that of PLAIN. A dictionary is decoded once, as
// PLAIN values, and its data pages only pick from it; pages of the other
// encodings are laid out as PLAIN first.
//
// Note: arrow's typed column readers, ReadBatch into values and then ids, take
// 1.4 s on two threads for a fold of the scale-1 office log; this takes 0.31 s
// of processor time for the reading, 0.17 s of it in decompression.
type column[T any] struct {
	*parquetColumn
	table *parquetTable
	plain plainFunc[T]
	null  string     // why a row without a value is bad, or "" where it's none the worse
	into  func() []T // rows of the batch
	then  func(n int)

	pages    pageReader
	dict     []T
	hasDict  bool
	bad      map[uint32]flowlog.Trouble // what is wrong with elements of the dictionary
	identity []uint32                   // 0, 1, 2...

	rows    int64 // of the row group that no page has been begun for yet
	left    int64 // values of the page, nulls too
	indexed bool  // the page's values are indices
	indices runs
	data    []byte // PLAIN values of the page
	relaid  room   // for them

	lastText []byte // of the last page of texts with prefixes

	nulls   bool    // the page may have some
	levels  runs    // definition levels
	present []uint8 // by level: 1 where there is a value
	flags   []uint8
}

func (c *column[T]) open(from io.ReaderAt, chunk parquetChunk, rows int64, claim *claims.Claim) {
	c.pages.open(from, chunk, claim)
	c.hasDict, c.bad, c.left, c.lastText, c.rows = false, nil, 0, nil, rows
	c.relaid.trim()
	if c.dictSize(cap(c.dict)) > maxKept {
		c.dict = nil
	}
}

// dictSize returns the bytes of a dictionary of n values.
func (c *column[T]) dictSize(n int) int64 {
	var value T
	return int64(n) * int64(unsafe.Sizeof(value))
}

func (c *column[T]) fill(n int) error {
	if err := c.read(c.into()[:n]); err != nil {
		return fmt.Errorf("column %s: %w", c.name, err)
	}
	if c.then != nil {
		c.then(n)
	}
	return nil
}

func (c *column[T]) read(out []T) error {
	for row := 0; row < len(out); {
		if c.left == 0 {
			if err := c.nextPage(); err == io.EOF {
				return errors.New("corrupt: it has fewer values than its row group has rows")
			} else if err != nil {
				return err
			}
			continue
		}
		n := int(min(int64(len(out)-row), c.left))
		read := c.take
		if c.nulls {
			read = c.takePresent
		}
		if err := read(out[row:row+n], row); err != nil {
			return err
		}
		row += n
		c.left -= int64(n)
	}
	return nil
}

func (c *column[T]) end() error {
	var err error
	for err == nil && c.left == 0 {
		err = c.nextPage()
	}
	switch {
	case err != nil && err != io.EOF:
		return fmt.Errorf("column %s: %w", c.name, err)
	case c.left > 0:
		return fmt.Errorf("column %s: %w", c.name, errTooMany)
	}
	return nil
}

var errTooMany = errors.New("corrupt: it has more values than its row group has rows")

// take reads values of a page, none of them null.
func (c *column[T]) take(out []T, row int) (err error) {
	switch {
	case !c.indexed:
		c.data, err = c.plain(out, c.data, row)
		return err
	case c.bad == nil: // Fast path
		return gather(&c.indices, c.dict, out)
	}
	picked := c.table.picked[:len(out)]
	if err := gather(&c.indices, c.identity, picked); err != nil {
		return err
	}
	for i, k := range picked {
		out[i] = c.dict[k]
		if t, ok := c.bad[k]; ok {
			t.Row = row + i
			c.table.troubles = append(c.table.troubles, t)
		}
	}
	return nil
}

// Slow path: takePresent reads values of a page with nulls.
func (c *column[T]) takePresent(out []T, row int) error {
	flags := c.flags[:len(out)]
	if err := gather(&c.levels, c.present, flags); err != nil {
		return err
	}
	for at := 0; at < len(out); {
		n := 1
		for at+n < len(out) && flags[at+n] == flags[at] {
			n++
		}
		if flags[at] == 1 {
			if err := c.take(out[at:at+n], row+at); err != nil {
				return err
			}
		} else {
			clear(out[at : at+n])
			if c.null != "" {
				for i := range n {
					c.table.trouble(row+at+i, c.null, c.parquetColumn, nil)
				}
			}
		}
		at += n
	}
	return nil
}

// nextPage begins the next page of data.
func (c *column[T]) nextPage() error {
	p, err := c.pages.next()
	if err != nil {
		return err
	}
	if p.kind == dictionaryPage {
		return c.readDictionary(&p)
	}
	if p.values > c.rows {
		return errTooMany
	}
	c.rows -= p.values
	c.left, c.nulls = p.values, false
	if c.maxLevel > 0 {
		if err := c.openLevels(&p); err != nil {
			return err
		}
	}
	switch p.encoding {
	case encodingRLEDictionary, encodingPlainDictionary:
		if !c.hasDict {
			return errors.New("corrupt: a page refers to a dictionary that isn't there")
		}
		c.indexed = true
		if len(p.data) == 0 {
			return c.indices.open(nil, 0)
		}
		return c.indices.open(p.data[1:], uint(p.data[0]))
	case encodingPlain:
		c.data = p.data
	default:
		if c.data, err = c.relay(&p); err != nil {
			return err
		}
	}
	c.indexed = false
	return nil
}

func (c *column[T]) readDictionary(p *page) error {
	least := int64(c.width)
	if least == 0 {
		least = 4
	}
	switch {
	case c.hasDict:
		return errors.New("corrupt: it has two dictionaries")
	case p.encoding != encodingPlain && p.encoding != encodingPlainDictionary:
		return fmt.Errorf("its dictionary has encoding %d, which a dictionary can't have", p.encoding)
	case p.values > int64(len(p.data))/least:
		return errShortPage
	}
	if n := int(p.values); n <= cap(c.dict) {
		c.dict = c.dict[:n]
	} else {
		if size := c.dictSize(n); size > maxKept {
			if err := c.pages.claim.Grow(size); err != nil {
				return err
			}
		}
		c.dict = make([]T, n)
	}
	c.hasDict = true
	t := c.table
	before := len(t.troubles)
	if _, err := c.plain(c.dict, p.data, 0); err != nil {
		return err
	}
	if len(t.troubles) > before {
		c.bad = make(map[uint32]flowlog.Trouble, len(t.troubles)-before)
		for _, x := range t.troubles[before:] {
			c.bad[uint32(x.Row)] = x
		}
		t.troubles = t.troubles[:before]
		for i := len(c.identity); i < len(c.dict); i++ {
			c.identity = append(c.identity, uint32(i))
		}
		c.identity = c.identity[:len(c.dict)]
	}
	return nil
}

// openLevels finds out where a page has nulls: a level below the column's
// greatest stands for one.
//
// Note: the number of nulls in a v2 header is not asked. arrow's Go writer says
// 0 for every column without statistics.
func (c *column[T]) openLevels(p *page) error {
	levels := p.levels
	if p.kind == dataPage {
		if p.pageHeader.levels != encodingRLE {
			return fmt.Errorf("definition levels of encoding %d, which isn't used since 2013", p.pageHeader.levels)
		}
		if len(p.data) < 4 || uint64(binary.LittleEndian.Uint32(p.data)) > uint64(len(p.data)-4) {
			return errors.New("corrupt: a page's levels are longer than the page")
		}
		n := 4 + int(binary.LittleEndian.Uint32(p.data))
		levels, p.data = p.data[4:n], p.data[n:]
	} else if len(levels) == 0 {
		return nil
	}
	if c.left == 0 {
		return nil
	}
	if err := c.levels.open(levels, c.levelWidth()); err != nil {
		return err
	}
	if err := c.levels.next(); err != nil {
		return err
	}
	c.nulls = int64(c.levels.repeat) < c.left || int(c.levels.value) != c.maxLevel
	return nil
}
