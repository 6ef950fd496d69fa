package inflate

import (
	"bytes"
	"encoding/binary"
	"runtime"
	"sync"
	"sync/atomic"
)

// A gzip file of many small members, as bgzip and programs that append to a log write it, is
// decompressed on all processors: the members that lie whole in the input buffer, at the same
// time. The beginning of a member is guessed from its first bytes, which may also occur within
// another. Output is therefore used only up to the first guess that proves wrong; from there on
// the members are read one after the other.

const (
	smallMember  = 1 << 20   // largest decompressed size of a small member
	membersOut   = 4 << 20   // largest decompressed size of those of one buffer together
	membersInput = 512 << 10 // size of the input buffer
)

// memberStart is what a member begins with.
const memberStart = Magic + string(rune(deflate))

// member is a piece of the input that seems to be one.
type member struct {
	in, out []byte
	size    int  // of out, as its trailer says
	whole   bool // it proved to be a member
}

// members decompresses the members at the beginning of a text, without the last one, whose end
// isn't known. It returns their output and their length. It uses room if that is large enough.
func members(text, room []byte) (out []byte, n int) {
	list, size := split(text)
	if len(list) < 2 {
		return nil, 0
	}
	if cap(room) < size {
		room = make([]byte, size, max(size, min(2*size, membersOut)))
	}
	at := 0
	for i := range list {
		end := at + list[i].size
		list[i].out = room[:size][at:end:end]
		at = end
	}
	var next atomic.Int64
	var wg sync.WaitGroup
	for range min(len(list), runtime.GOMAXPROCS(0)) {
		wg.Go(func() {
			for i := next.Add(1) - 1; i < int64(len(list)); i = next.Add(1) - 1 {
				m := &list[i]
				k, err := Decompress(m.out, m.in)
				m.whole = err == nil && k == len(m.out)
			}
		})
	}
	wg.Wait()
	size = 0
	for i := 0; i < len(list) && list[i].whole; i++ {
		size += len(list[i].out)
		n += len(list[i].in)
	}
	return room[:size], n
}

// split returns the pieces of a text that seem to be small members, and the sum of the
// decompressed sizes that their trailers give.
func split(text []byte) (list []member, size int) {
	if !bytes.HasPrefix(text, []byte(memberStart)) {
		return nil, 0
	}
	for {
		n := bytes.Index(text[1:], []byte(memberStart)) + 1
		if n < trailerSize {
			return list, size
		}
		holds := int64(binary.LittleEndian.Uint32(text[n-4:]))
		if holds > smallMember || holds+int64(size) > membersOut {
			return list, size
		}
		list = append(list, member{in: text[:n], size: int(holds)})
		size += int(holds)
		text = text[n:]
	}
}

// takeMembers decompresses the members that follow in the input buffer, after a small one.
func (z *stream) takeMembers() {
	d := &z.d
	begin := d.pos - int(d.nbits/8)
	if z.size > smallMember || begin < 0 {
		return
	}
	if len(z.buf) < membersInput {
		grown := make([]byte, membersInput) // from the next fill on
		d.in = grown[:copy(grown, d.in)]
		z.buf = grown
	}
	out, n := members(d.in[begin:], z.room)
	if n == 0 {
		return
	}
	z.room, z.ready = out[:0], out
	d.pos, d.bits, d.nbits = begin+n, 0, 0
}
