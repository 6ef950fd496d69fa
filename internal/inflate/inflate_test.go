package inflate

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
	"math/rand/v2"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"
)

// texts are kinds of data: lines as logs have them, noise, runs, and few symbols.
func texts() map[string][]byte {
	rng := rand.New(rand.NewPCG(1, 2))
	var lines []byte
	for i := range 30000 {
		lines = append(lines, "2020-06-21 00:00:"...)
		for _, x := range []int{i / 500, rng.IntN(1 << 16), rng.IntN(40), rng.IntN(3)} {
			lines = binary.AppendUvarint(append(lines, ",10.0."...), uint64(x))
			for ; x > 0; x /= 10 {
				lines = append(lines, '0'+byte(x%10))
			}
		}
		lines = append(lines, '\n')
	}
	noise := make([]byte, 300_000)
	for i := range noise {
		noise[i] = byte(rng.Uint32())
	}
	var runs []byte // all distances up to 40 and some around the window's size
	for d := range 40 {
		runs = append(runs, bytes.Repeat(noise[1000*d:1000*d+d+1], 1+5000/(d+1))...)
	}
	for _, d := range []int{windowSize - 1, windowSize, windowSize + 1} {
		runs = append(runs, noise[:d]...)
		runs = append(runs, noise[:300]...)
	}
	few := make([]byte, 100_000)
	for i := range few {
		few[i] = "ab"[rng.IntN(2)]
	}
	skewed := make([]byte, 500_000) // codes of up to 15 bits
	for i := range skewed {
		skewed[i] = byte(rng.ExpFloat64() * 12)
	}
	return map[string][]byte{
		"lines": lines, "noise": noise, "runs": runs, "few": few, "skewed": skewed,
		"zeros": make([]byte, 1<<20), "one": {7}, "empty": {},
	}
}

var levels = []int{flate.HuffmanOnly, flate.NoCompression, 1, 6, 9}

// zipped compresses a text as one member. flush is the number of bytes after which a
// stored block of no bytes stands, 0 for none.
func zipped(t testing.TB, text []byte, level, flush int) []byte {
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, level)
	require.NoError(t, err)
	z.Name, z.Comment, z.Extra = "a name", "a comment", []byte("extra")
	if flush == 0 {
		flush = len(text) + 1
	}
	for len(text) > 0 {
		n := min(flush, len(text))
		_, err = z.Write(text[:n])
		require.NoError(t, err)
		if text = text[n:]; len(text) > 0 {
			require.NoError(t, z.Flush())
		}
	}
	require.NoError(t, z.Close())
	return b.Bytes()
}

// readAll reads a gzip file. The error is nil at its end.
func readAll(r io.Reader) ([]byte, error) {
	z, err := NewReader(r)
	if err != nil {
		return nil, err
	}
	return io.ReadAll(z)
}

// oracle reads a gzip file by the standard library.
func oracle(packed []byte) ([]byte, error) {
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(z)
}

func TestLevelsAndBlocks(t *testing.T) {
	for name, text := range texts() {
		if testing.Short() {
			text = text[:min(len(text), 100_000)]
		}
		for _, level := range levels {
			for _, flush := range []int{0, 1000, 70_000} {
				packed := zipped(t, text, level, flush)
				got, err := readAll(bytes.NewReader(packed))
				require.NoError(t, err, "%s, level %d, flush %d", name, level, flush)
				require.True(t, bytes.Equal(text, got), "%s, level %d, flush %d", name, level, flush)
				whole := make([]byte, len(text))
				n, err := Decompress(whole, packed)
				require.NoError(t, err, "%s, level %d, flush %d", name, level, flush)
				require.True(t, bytes.Equal(text, whole[:n]), "%s, level %d, flush %d", name, level, flush)
			}
		}
	}
}

// The input may come in any pieces, and the output may be taken in any.
func TestPieces(t *testing.T) {
	text := texts()["lines"][:200_000]
	packed := append(zipped(t, text[:100_000], 6, 3000), zipped(t, text[100_000:], 1, 0)...)
	for name, pieces := range map[string]func(io.Reader) io.Reader{
		"bytes": iotest.OneByteReader, "halves": iotest.HalfReader, "error with data": iotest.DataErrReader,
	} {
		z, err := NewReader(pieces(bytes.NewReader(packed)))
		require.NoError(t, err, name)
		got, err := io.ReadAll(iotest.OneByteReader(z))
		require.NoError(t, err, name)
		require.True(t, bytes.Equal(text, got), name)
	}
}

// What came so far is returned before more is asked for: a log may be written to
// while it is read through a pipe.
func TestFlushedIsReturned(t *testing.T) {
	r, w := io.Pipe()
	go func() {
		z := gzip.NewWriter(w)
		z.Write([]byte("first"))
		z.Flush() // and nothing more comes
	}()
	z, err := NewReader(r)
	require.NoError(t, err)
	var p [5]byte
	_, err = io.ReadFull(z, p[:])
	require.NoError(t, err)
	require.Equal(t, "first", string(p[:]))
}

func TestMembersAndWhatFollows(t *testing.T) {
	a, b := zipped(t, []byte("one"), 6, 0), zipped(t, []byte("two"), 6, 0)
	empty := zipped(t, nil, 6, 0)
	many := bytes.Join([][]byte{a, empty, b, empty}, nil)
	for _, c := range []struct {
		name   string
		packed []byte
		want   string
		err    error
	}{
		{"members", many, "onetwo", nil},
		{"zeros", append(bytes.Clone(many), make([]byte, 512)...), "onetwo", ErrTrailing},
		{"one zero", append(bytes.Clone(a), 0), "one", ErrTrailing},
		{"half a magic", append(bytes.Clone(a), Magic[0]), "one", ErrTrailing},
		{"text", append(bytes.Clone(a), "signature"...), "one", ErrTrailing},
		{"cut in the second header", append(bytes.Clone(a), b[:9]...), "one", io.ErrUnexpectedEOF},
		{"cut after the second magic", append(bytes.Clone(a), Magic...), "one", io.ErrUnexpectedEOF},
		{"cut in the trailer", a[:len(a)-1], "one", io.ErrUnexpectedEOF},
		{"another method", append(bytes.Clone(a), Magic+"\x07\x00\x00\x00\x00\x00\x00\x00"...), "one", ErrHeader},
		{"checksum", changed(a, len(a)-8), "one", ErrChecksum},
		{"size", changed(a, len(a)-4), "one", ErrChecksum},
	} {
		got, err := readAll(bytes.NewReader(c.packed))
		require.Equal(t, c.want, string(got), c.name)
		require.ErrorIs(t, err, c.err, c.name)
	}
	_, err := readAll(bytes.NewReader(nil))
	require.ErrorIs(t, err, io.EOF)
	_, err = readAll(bytes.NewReader(a[:5]))
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	_, err = readAll(bytes.NewReader([]byte("no gzip at all")))
	require.ErrorIs(t, err, ErrHeader)
	_, err = readAll(io.MultiReader(bytes.NewReader(a[:len(a)-1]), iotest.ErrReader(iotest.ErrTimeout)))
	require.ErrorIs(t, err, iotest.ErrTimeout)
}

// Many small members are those that the standard library reads, whatever stands in them and
// in whatever pieces they come: also what looks like a member's beginning, damage, and a cut.
func TestManyMembers(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	text := texts()["lines"]
	trials := 16
	if testing.Short() {
		trials = 4
	}
	for trial := range trials {
		var packed []byte
		most := []int{40, 3000, 70_000, 1 << 20}[trial%4]
		for len(packed) < membersInput*3/2 && len(packed)/40 < 8*most {
			part := text[rng.IntN(len(text)-10):]
			part = part[:min(len(part), rng.IntN(most))]
			switch level := levels[rng.IntN(len(levels))]; rng.IntN(8) {
			case 0: // a member in a stored block of another
				packed = append(packed, zipped(t, zipped(t, part[:min(len(part), 20_000)], 6, 0), flate.NoCompression, 0)...)
			case 1:
				packed = append(packed, zipped(t, append(bytes.Clone(part), memberStart...), flate.NoCompression, 0)...)
			default:
				packed = append(packed, zipped(t, part, level, 0)...)
			}
		}
		compare(t, packed)
		compare(t, packed[:rng.IntN(len(packed))])
		for range 3 {
			compare(t, changed(packed, rng.IntN(len(packed))))
		}
		compare(t, append(packed, "signature"...))
	}
}

// The members that lie in the input buffer are decompressed at once.
func TestMembersAtOnce(t *testing.T) {
	one := zipped(t, []byte("text"), 6, 0)
	out, n := members(bytes.Repeat(one, 9), nil)
	require.Equal(t, 8*len(one), n, "the last may go on")
	require.Equal(t, bytes.Repeat([]byte("text"), 8), out)
	bad := append(bytes.Repeat(one, 5), changed(one, len(one)-6)...)
	out, n = members(append(bad, bytes.Repeat(one, 5)...), nil)
	require.Equal(t, 5*len(one), n)
	require.Equal(t, bytes.Repeat([]byte("text"), 5), out)
	large := zipped(t, make([]byte, smallMember+1), 6, 0)
	_, n = members(append(bytes.Repeat(one, 3), append(large, one...)...), nil)
	require.Equal(t, 3*len(one), n)
	bomb := zipped(t, make([]byte, smallMember), 6, 0)
	out, n = members(bytes.Repeat(bomb, 9), nil)
	require.Len(t, out, membersOut)
	require.Equal(t, 4*len(bomb), n)
}

// changed returns a copy with another byte at a place.
func changed(p []byte, at int) []byte {
	p = bytes.Clone(p)
	p[at] ^= 0x55
	return p
}

// A header's own checksum is checked.
func TestHeaderSum(t *testing.T) {
	a := zipped(t, []byte("text"), 6, 0)
	end := 10 + 2 + len("extra") + len("a name\x00a comment\x00")
	head := bytes.Clone(a[:end])
	head[3] |= flagHeaderSum
	sum := uint16(crc32.ChecksumIEEE(head))
	for wrong := range uint16(2) {
		packed := append(binary.LittleEndian.AppendUint16(bytes.Clone(head), sum+wrong), a[end:]...)
		want, wantErr := oracle(packed)
		got, err := readAll(bytes.NewReader(packed))
		require.Equal(t, want, got)
		require.Equal(t, wantErr == nil, err == nil)
		require.Equal(t, wrong == 0, err == nil)
	}
}

// Damage anywhere, and any cut, give the standard library's bytes.
func TestDamage(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	rounds := 40
	if testing.Short() {
		rounds = 4
	}
	for _, text := range texts() {
		text = text[:min(len(text), 80_000)]
		for _, level := range levels {
			packed := zipped(t, text, level, 20_000)
			for range rounds {
				bad := bytes.Clone(packed)
				for range 1 + rng.IntN(3) {
					bad[rng.IntN(len(bad))] ^= 1 << rng.IntN(8)
				}
				compare(t, bad)
				compare(t, packed[:rng.IntN(len(packed))])
			}
		}
	}
}

// compare holds Reader and Decompress to the standard library: the same bytes and no
// error, or an error after the same bytes or more.
func compare(t *testing.T, packed []byte) {
	want, wantErr := oracle(packed)
	got, err := readAll(bytes.NewReader(packed))
	if wantErr == nil {
		require.NoError(t, err)
		require.True(t, bytes.Equal(want, got))
	} else {
		require.Error(t, err, "%v", wantErr)
		require.True(t, bytes.HasPrefix(got, want), "%d of %d bytes, %v, %v", len(got), len(want), wantErr, err)
		require.False(t, errors.Is(wantErr, gzip.ErrChecksum) && !errors.Is(err, ErrChecksum), "%v", err)
		require.False(t, len(want) > 0 && errors.Is(wantErr, io.ErrUnexpectedEOF) && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, ErrTrailing) && len(got) == len(want), "%v", err)
	}
	halves, halvesErr := readAll(iotest.HalfReader(bytes.NewReader(packed)))
	require.True(t, bytes.Equal(got, halves))
	require.Equal(t, err, halvesErr)
	whole := make([]byte, len(want))
	n, err := Decompress(whole, packed)
	require.Equal(t, wantErr == nil, err == nil, "%v, %v", wantErr, err)
	require.True(t, bytes.Equal(want[:n], whole[:n]))
	if len(want) > 0 && wantErr == nil {
		_, err = Decompress(whole[:len(want)-1], packed)
		require.ErrorIs(t, err, ErrTooLong)
	}
}

func FuzzGzip(f *testing.F) {
	for name, text := range texts() {
		for _, level := range levels {
			if len(text) < 120_000 || name == "lines" {
				text = text[:min(len(text), 5000)]
				f.Add(zipped(f, text, level, 700))
			}
		}
	}
	a := zipped(f, []byte("one"), 6, 0)
	f.Add(append(a, a...))
	f.Add(bytes.Repeat(a, 7))
	f.Add(append(a[:len(a):len(a)], "\x1fnt"...))                  // no member, though it begins like one
	for _, size := range []int{maxHeaderText - 1, maxHeaderText} { // the longest name, and one too long
		name := bytes.Repeat([]byte{0x80}, size)
		f.Add(append(append([]byte(Magic+"\x08\x08\x00\x00\x00\x00\x00\x00"), name...), "\x00\x03\x00\x00\x00\x00\x00\x00\x00\x00\x00"...))
	}
	f.Fuzz(func(t *testing.T, packed []byte) {
		if len(packed) < 1<<20 {
			compare(t, packed)
		}
	})
}

// FuzzFlate makes any bytes the data of a member, which fuzzing a whole file rarely gets
// past: the bytes before the end or an error are the standard library's.
func FuzzFlate(f *testing.F) {
	for _, text := range texts() {
		packed := zipped(f, text[:min(len(text), 3000)], 6, 1000)
		f.Add(packed[10:len(packed)-trailerSize], false)
	}
	f.Add([]byte("\x03\x00"), true)
	f.Fuzz(func(t *testing.T, data []byte, bytewise bool) {
		want, wantErr := io.ReadAll(io.LimitReader(flate.NewReader(bytes.NewReader(data)), 8<<20))
		packed := append([]byte(Magic+"\x08\x00\x00\x00\x00\x00\x00\x00"), data...)
		packed = binary.LittleEndian.AppendUint32(packed, crc32.ChecksumIEEE(want))
		packed = binary.LittleEndian.AppendUint32(packed, uint32(len(want)))
		var r io.Reader = bytes.NewReader(packed)
		if bytewise {
			r = iotest.OneByteReader(r)
		}
		z, err := NewReader(r)
		require.NoError(t, err)
		got, err := io.ReadAll(io.LimitReader(z, int64(len(want))))
		require.True(t, bytes.Equal(want, got), "%v, %v", wantErr, err)
	})
}
