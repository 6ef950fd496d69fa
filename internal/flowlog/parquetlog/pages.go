package parquetlog

import (
	"bytes"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"sync"

	"github.com/apache/arrow/go/v15/parquet/compress"
	"github.com/klauspost/compress/s2"
	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"

	"beacon/internal/flowlog"
	"beacon/internal/flowlog/claims"
	"beacon/internal/flowlog/stored"
	"beacon/internal/inflate"
)

const (
	pageRead   = 128 << 10 // least bytes that are read at once
	pagePad    = 16        // bytes behind a page's own that may be loaded and mean nothing
	maxPage    = 256 << 20 // bytes of a page, stored or decompressed; writers end theirs at about 1 MiB
	maxHeader  = 8 << 20   // bytes of a page's header: its statistics can hold long values
	headerRead = 1 << 10
)

// pageReader reads the pages of one column chunk, one after the other, into
// room that it uses again. Memory holds one page, not the chunk.
//
// Note: arrow's PageReader makes new room for each page, of whatever size a
// corrupt header asks for, takes no notice of a v2 page that is cut off, and
// knows no LZ4_RAW.
type pageReader struct {
	from    io.ReaderAt
	at, end int64 // of the chunk's bytes that are not read yet
	codec   compress.Compression

	claim    *claims.Claim
	window   room // bytes that were read; [lo, hi) are not taken yet
	lo, hi   int
	unpacked room // a decompressed page
}

// page is a page, decompressed. Its slices have pagePad bytes of room behind
// them, and are good until the next page is read.
type page struct {
	pageHeader
	levels []byte // definition levels; nil where a page of v1 holds them before its values
	data   []byte
}

// open begins with the chunk's bytes [at, at+size).
func (p *pageReader) open(from io.ReaderAt, chunk parquetChunk, claim *claims.Claim) {
	from = stored.Section(from, chunk.offset, chunk.size)
	p.from, p.at, p.end, p.codec, p.claim = from, chunk.offset, chunk.offset+chunk.size, chunk.codec, claim
	p.lo, p.hi = 0, 0
	p.window.trim()
	p.unpacked.trim()
}

// need returns the next n bytes, or as many as the chunk has left.
func (p *pageReader) need(n int) ([]byte, error) {
	have := p.hi - p.lo
	if have < n && p.at < p.end {
		more := int(min(int64(max(n-have, pageRead)), p.end-p.at))
		old := p.window[p.lo:p.hi]
		window, err := p.window.atLeast(have+more+pagePad, p.claim)
		if err != nil {
			return nil, err
		}
		copy(window, old)
		p.lo, p.hi = 0, have
		k, err := p.from.ReadAt(window[have:have+more], p.at)
		if k < more {
			if err == nil || err == io.EOF {
				err = errors.New("the file grew shorter while it was read")
			}
			return nil, flowlog.WithoutPath(err)
		}
		p.hi += k
		p.at += int64(k)
	}
	return p.window[p.lo:min(p.lo+n, p.hi)], nil
}

// next returns the next page of data or the dictionary; io.EOF where the chunk ends.
func (p *pageReader) next() (page, error) {
	for {
		h, err := p.header()
		if err != nil {
			return page{}, err
		}
		if h.size < 0 || h.stored < 0 || h.values < 0 || h.size > maxPage || h.stored > maxPage {
			return page{}, fmt.Errorf("corrupt: a page of %d values, %d bytes, %d decompressed", h.values, h.stored, h.size)
		}
		stored, err := p.need(int(h.stored))
		if err != nil {
			return page{}, err
		}
		if int64(len(stored)) < h.stored {
			return page{}, errors.New("corrupt: a page goes on past the end of its column")
		}
		p.lo += len(stored)
		if h.hasCRC && crc32.ChecksumIEEE(stored) != h.crc {
			return page{}, errors.New("corrupt: a page's checksum is not the one in its header")
		}
		if h.kind != dataPage && h.kind != dataPageV2 && h.kind != dictionaryPage {
			continue
		}
		return p.unpack(h, stored)
	}
}

func (p *pageReader) header() (pageHeader, error) {
	for n := headerRead; ; n *= 4 {
		head, err := p.need(n)
		if err != nil {
			return pageHeader{}, err
		}
		if len(head) == 0 {
			return pageHeader{}, io.EOF
		}
		h, size, ok := parsePageHeader(head)
		if ok {
			p.lo += size
			return h, nil
		}
		if len(head) < n || n > maxHeader {
			return pageHeader{}, errors.New("corrupt: a page's header can't be read")
		}
	}
}

// unpack decompresses a page. The levels of a v2 page stand before the
// compressed part.
func (p *pageReader) unpack(h pageHeader, stored []byte) (page, error) {
	got := page{pageHeader: h}
	if h.kind == dataPageV2 {
		levels := h.repLevels + h.defLevels
		if h.repLevels < 0 || h.defLevels < 0 || levels > h.stored || levels > h.size {
			return page{}, errors.New("corrupt: a page's levels are longer than the page")
		}
		got.levels = stored[h.repLevels:levels]
		stored = stored[levels:]
		h.size -= levels
	}
	if p.codec == compress.Codecs.Uncompressed || h.kind == dataPageV2 && !h.compressed {
		if int64(len(stored)) != h.size {
			return page{}, fmt.Errorf("corrupt: a page of %d bytes holds %d", h.size, len(stored))
		}
		got.data = stored
		return got, nil
	}
	if h.size == 0 {
		return got, nil // nulls alone: some writers compress nothing to nothing
	}
	unpacked, err := p.unpacked.atLeast(int(h.size)+pagePad, p.claim)
	if err != nil {
		return page{}, err
	}
	n, err := decompress[p.codec](unpacked[:h.size], stored)
	if err != nil {
		return page{}, errors.New("corrupt: the data of a page is damaged")
	}
	if int64(n) != h.size {
		return page{}, fmt.Errorf("corrupt: a page of %d bytes holds %d", h.size, n)
	}
	got.data = unpacked[:n]
	return got, nil
}

// codecLZ4Raw is LZ4 blocks without a frame, a codec that arrow v15 has no name
// for.
const codecLZ4Raw compress.Compression = 7

var errTooLong = errors.New("it is longer than its header says")

// decompress fills dst with what src decompresses to, never more, and says how
// many bytes that were.
//
// Note: arrow's own codecs are as fast (0.17 s for the three columns of a scale-1
// office log), but panic on corrupt pages, and decompress a bomb of zstd. A decoder of
// Snappy without a branch on the kind of each element takes 0.96 of s2's time for plain
// addresses, 1.05 for times: both wait for the stores that their copies read.
var decompress = map[compress.Compression]func(dst, src []byte) (int, error){
	compress.Codecs.Snappy: func(dst, src []byte) (int, error) {
		if n, err := s2.DecodedLen(src); err != nil || n > len(dst) {
			return n, err
		}
		got, err := s2.Decode(dst, src)
		return len(got), err
	},
	compress.Codecs.Gzip: inflate.Decompress,
	compress.Codecs.Zstd: func(dst, src []byte) (int, error) {
		got, err := zstds().DecodeAll(src, dst[:0:len(dst)])
		return len(got), err
	},
	compress.Codecs.Brotli: func(dst, src []byte) (int, error) {
		codec, err := compress.GetCodec(compress.Codecs.Brotli)
		if err != nil {
			return 0, err
		}
		return fill(codec.NewReader(bytes.NewReader(src)), dst)
	},
	codecLZ4Raw: func(dst, src []byte) (int, error) { return lz4.UncompressBlock(src, dst) },
}

// fill reads all of r into dst, up to its end: some streams have a checksum there.
func fill(r io.Reader, dst []byte) (n int, err error) {
	for n < len(dst) && err == nil {
		var k int
		k, err = r.Read(dst[n:])
		n += k
	}
	for err == nil {
		var more [1]byte
		var k int
		if k, err = r.Read(more[:]); k > 0 {
			return n, errTooLong
		}
	}
	if err == io.EOF {
		err = nil
	}
	return n, err
}

// zstds is the decoder of all workers; it keeps one state for each.
var zstds = sync.OnceValue(func() *zstd.Decoder {
	d, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(0), zstd.WithDecoderMaxMemory(maxPage), zstd.WithDecodeAllCapLimit(true))
	if err != nil {
		panic(err)
	}
	return d
})
