package capturelog

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"time"
)

// pcapReader reads the records of a pcap file. Nothing marks where a record begins: a
// length that is damaged leads into the middle of another record. A record is
// believed if its lengths hold and lead to one whose lengths hold too; where that is
// not so, reading goes on at the next place from which several records follow each
// other.
type pcapReader struct {
	r      *bufio.Reader
	order  binary.ByteOrder
	second uint32 // units of a time's fraction in a second
	link   linkType
	most   uint32 // bytes that are captured of a packet

	last   uint32 // time of the last record that was believed, in s
	skip   int    // bytes of the record that was handed on last
	passed int    // places where records were passed over, since the last call of damaged
}

const (
	pcapHeader = 24
	pcapRecord = 16      // bytes before a packet
	pcapMost   = 1 << 18 // bytes of a packet that tcpdump captures at most, whatever the file's header says

	// pcapChain is how many records have to follow each other where reading goes on.
	// One that 16 random bytes look like has a fraction of a second and a length that
	// are too small by chance, one in 70 million.
	pcapChain = 3
	// pcapNear is how far, in s, the time of a record may lie from that of the one
	// before, if it isn't to be doubted. It tells records from zeros, and from what is
	// read some bytes beside the records.
	pcapNear = 366 * 24 * 3600
	// pcapFirst is the time, in s, of the first release of tcpdump, in 1988.
	pcapFirst = 567_993_600
)

// badRecord is why a record of a pcap file is bad.
const badRecord = "a record whose lengths don't hold: reading goes on at the next that does"

// newPcapReader reads the header of a pcap file.
func newPcapReader(r *bufio.Reader) (*pcapReader, error) {
	f := &pcapReader{r: r}
	head, err := f.r.Peek(pcapHeader)
	if err != nil {
		return nil, err
	}
	if !sniffPcap(head) {
		return nil, fmt.Errorf("it begins with %x, which no pcap file does", head[:4])
	}
	f.order, f.second = binary.LittleEndian, 1e6
	switch string(head[:4]) {
	case "\xa1\xb2\xc3\xd4":
		f.order = binary.BigEndian
	case "\xa1\xb2\x3c\x4d":
		f.order, f.second = binary.BigEndian, 1e9
	case "\x4d\x3c\xb2\xa1":
		f.second = 1e9
	}
	f.most = min(max(f.order.Uint32(head[16:]), pcapMost), window-2*pcapRecord)
	f.link = linkType(f.order.Uint32(head[20:]))
	f.skip = pcapHeader
	return f, nil
}

// peek returns the next n bytes, fewer with an error. The window of a reader of a
// file's head is as large as the head.
func (f *pcapReader) peek(n int) ([]byte, error) { return f.r.Peek(min(n, f.r.Size())) }

// damaged returns the number of places where records were passed over since its last
// call.
func (f *pcapReader) damaged() int {
	n := f.passed
	f.passed = 0
	return n
}

// next returns the next packet, valid until the next call.
func (f *pcapReader) next() (data []byte, info packetInfo, err error) {
	if _, err := f.r.Discard(f.skip); err != nil {
		return nil, info, err
	}
	f.skip = 0
	for {
		head, err := f.r.Peek(pcapRecord)
		switch {
		case len(head) == 0 && err == io.EOF:
			return nil, info, io.EOF
		case len(head) < pcapRecord && err == io.EOF:
			return nil, info, errCut
		case len(head) < pcapRecord:
			return nil, info, err
		}
		size, ok := f.record(head)
		if ok {
			text, holds, err := f.believed(size)
			switch {
			case err != nil:
				return nil, info, err
			case holds:
				return f.packet(text)
			}
		}
		found, err := f.resync()
		switch {
		case err != nil:
			return nil, info, err
		case !found && ok: // nothing follows: it is the last one, and cut off
			return nil, info, errCut
		}
	}
}

// record returns the bytes that a record takes with its header; false where its
// lengths can't be.
func (f *pcapReader) record(head []byte) (size int, ok bool) {
	captured, wire := f.order.Uint32(head[8:]), f.order.Uint32(head[12:])
	return pcapRecord + int(captured), captured <= f.most && captured <= wire && wire > 0
}

// believed returns the record at the beginning of the window, unless its length leads
// somewhere else than to the next record or the end of the file.
func (f *pcapReader) believed(size int) (text []byte, ok bool, err error) {
	text, err = f.peek(size + pcapRecord)
	if err != nil && err != io.EOF {
		return nil, false, err
	}
	if len(text) < size {
		return nil, false, nil
	}
	if len(text) == size+pcapRecord {
		if f.last == 0 { // the first record
			f.last = f.order.Uint32(text)
		}
		if _, ok := f.record(text[size:]); !ok || !f.near(text[size:]) {
			if f.find(size) > 0 {
				return nil, false, nil
			}
			text, _ = f.peek(size) // find has moved it
		}
	}
	return text[:size], true, nil
}

// run returns records that are plainly believed, as they stand in the file, and how many
// they are: most at most. It is valid until the next call. Where there are none, next
// tells what follows.
func (f *pcapReader) run(most int) (text []byte, n int) {
	if _, err := f.r.Discard(f.skip); err != nil {
		return nil, 0 // next tells why
	}
	f.skip = 0
	if f.r.Buffered() < f.r.Size()/2 {
		f.r.Peek(f.r.Size()) // reads on
	}
	window, _ := f.r.Peek(f.r.Buffered())
	at, last := 0, f.last
	for ; n < most && at+pcapRecord <= len(window); n++ {
		head := window[at:]
		size, ok := f.record(head)
		if !ok || size+pcapRecord > len(head) {
			break
		}
		second := f.order.Uint32(head)
		if last == 0 {
			last = second
		}
		if _, ok := f.record(head[size:]); !ok || !nearTo(f.order.Uint32(head[size:]), last) {
			break
		}
		last = second
		at += size
	}
	if n > 0 {
		f.last, f.skip = last, at
	}
	return window[:at], n
}

// packet returns the packet of a record, and moves past it.
func (f *pcapReader) packet(text []byte) ([]byte, packetInfo, error) {
	f.last, f.skip = f.order.Uint32(text), len(text)
	return text[pcapRecord:], f.info(text), nil
}

// info returns what the header of a record says of its packet.
func (f *pcapReader) info(record []byte) packetInfo {
	fraction := int64(f.order.Uint32(record[4:])) * (int64(time.Second) / int64(f.second))
	return packetInfo{time: int64(f.order.Uint32(record))*int64(time.Second) + fraction, wire: int64(f.order.Uint32(record[12:])), link: f.link, timed: true}
}

// size returns the bytes of a record with its header.
func (f *pcapReader) size(record []byte) int { return pcapRecord + int(f.order.Uint32(record[8:])) }

// find returns the first place in the window, below an end, from which several records
// follow each other; 0 where there is none.
func (f *pcapReader) find(end int) int {
	text, _ := f.peek(window)
	for at := 1; at < min(end, len(text)-pcapRecord+1); at++ {
		if f.chain(text[at:]) {
			return at
		}
	}
	return 0
}

// chain reports whether text begins with records that follow each other: so many that
// it is no chance, or up to the end.
func (f *pcapReader) chain(text []byte) bool {
	for n := 0; n < pcapChain; n++ {
		if len(text) == 0 {
			return n > 0
		}
		if len(text) < pcapRecord {
			return false
		}
		size, ok := f.record(text)
		if !ok || size == pcapRecord || size > len(text) || f.order.Uint32(text[4:]) >= f.second || !f.near(text) {
			return false
		}
		text = text[size:]
	}
	return true
}

// near reports whether a record's time is near that of the record before; where there
// is none, whether it is one since there are captures.
func (f *pcapReader) near(text []byte) bool {
	second := int64(f.order.Uint32(text))
	if f.last == 0 {
		return second >= pcapFirst
	}
	return nearTo(uint32(second), f.last)
}

// nearTo reports whether the times of two records, in s, are near each other.
func nearTo(a, b uint32) bool { return max(a, b)-min(a, b) <= pcapNear }

// resync passes over a record that isn't believed, up to the next place from which
// records follow. Where there is none, nothing of the file is left, unless the record
// may be the last one, of which the end is missing.
func (f *pcapReader) resync() (found bool, err error) {
	for first := true; ; first = false {
		text, err := f.peek(window)
		end := len(text)
		if err == nil {
			end /= 2 // records that begin behind it may end behind the window
		} else if err != io.EOF {
			return false, err
		}
		if at := f.find(end); at > 0 {
			f.passed++
			_, err := f.r.Discard(at)
			return true, err
		}
		if err == io.EOF {
			_, last := f.record(text)
			if !first || !last {
				f.passed++
			}
			_, _ = f.r.Discard(len(text)) // they are there
			return false, nil
		}
		if _, err := f.r.Discard(end); err != nil {
			return false, err
		}
	}
}
