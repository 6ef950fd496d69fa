package capturelog

import (
	"bufio"
	"encoding/binary"
	"io"
)

// ngReader reads the packets of a pcapng file. It is blocks whose length stands before
// and behind each: one that doesn't hold is passed over, up to the next that does.
type ngReader struct {
	r     *bufio.Reader
	order binary.ByteOrder // of the section
	faces []ngFace         // of the section, so far

	skip   int // bytes of the block that was read last
	passed int // blocks that were passed over since the last call of damaged
	others int // blocks of types that aren't known, since the last call of unknown
}

// Types of blocks.
const (
	ngSectionHeader  = 0x0a0d0d0a
	ngInterfaceBlock = 1
	ngOldPacketBlock = 2
	ngSimpleBlock    = 3
	ngNamesBlock     = 4
	ngStatsBlock     = 5
	ngPacketBlock    = 6

	// Known too, without packets: secrets of TLS, and what tools add for themselves.
	ngSecretsBlock = 10
	ngCustomBlock  = 0xbad
	ngCustomNoCopy = 0x40000bad
)

// ngPacketLeast is the bytes of a block of a packet without the packet.
const ngPacketLeast = 32

// ngHoldsPacket tells whether blocks of a type hold a packet.
func ngHoldsPacket(kind uint32) bool {
	return kind == ngPacketBlock || kind == ngOldPacketBlock || kind == ngSimpleBlock
}

// ngHoldsNone tells whether blocks of a type hold no packets. One of another type that
// isn't read is counted: it may be a packet whose type is damaged.
func ngHoldsNone(kind uint32) bool {
	switch kind {
	case ngSectionHeader, ngInterfaceBlock, ngNamesBlock, ngStatsBlock, ngSecretsBlock, ngCustomBlock, ngCustomNoCopy:
		return true
	}
	return false
}

const (
	ngWindow  = window        // bytes that are looked at at once
	ngLargest = ngWindow - 12 // bytes of a block that may hold a packet: the head of the next one lies in the window too
	ngMost    = 128 << 20     // bytes of any block
)

// badBlock is why a block of a pcapng file is bad.
const badBlock = "a block whose lengths or interface don't hold"

// newNgReader begins to read a file whose beginning sniffPcapng knows.
func newNgReader(r *bufio.Reader) *ngReader {
	head, _ := r.Peek(12)
	return &ngReader{r: r, order: ngOrder(head)}
}

// ngOrder returns the byte order of the section that a header begins, nil where it is none.
func ngOrder(head []byte) binary.ByteOrder {
	switch {
	case binary.LittleEndian.Uint32(head) != ngSectionHeader:
	case binary.LittleEndian.Uint32(head[8:]) == ngByteOrder:
		return binary.LittleEndian
	case binary.BigEndian.Uint32(head[8:]) == ngByteOrder:
		return binary.BigEndian
	}
	return nil
}

// ngByteOrder is the number that tells a section's byte order.
const ngByteOrder = 0x1a2b3c4d

// damaged returns the number of blocks that were passed over since its last call.
func (b *ngReader) damaged() int {
	n := b.passed
	b.passed = 0
	return n
}

// unknown returns the number of blocks of types that aren't known since its last call.
func (b *ngReader) unknown() int {
	n := b.others
	b.others = 0
	return n
}

// block returns the next block that holds, valid until the next call. Blocks that are too
// large for packets are left out.
func (b *ngReader) block() ([]byte, error) {
	for {
		if _, err := b.r.Discard(b.skip); err != nil {
			return nil, err
		}
		b.skip = 0
		head, err := b.r.Peek(12)
		switch {
		case len(head) == 0 || err != nil && err != io.EOF:
			return nil, err
		case err == io.EOF:
			return nil, errCut
		}
		n, state := b.check(0, false)
		switch {
		case state == blockHolds && n <= ngLargest:
			b.skip = n
			return b.r.Peek(n)
		case state == blockHolds:
			err = b.passLarge(n)
		case state == blockFails:
			b.passed++
			b.skip = n
		default:
			err = b.resync()
		}
		if err != nil {
			return nil, err
		}
	}
}

// passLarge passes over a block of n bytes, and compares the lengths before and behind it.
func (b *ngReader) passLarge(n int) error {
	head, _ := b.r.Peek(8)
	b.countUnknown(b.order.Uint32(head))
	_, err := b.r.Discard(n - 4)
	if err == nil {
		var tail []byte
		if tail, err = b.r.Peek(4); err == nil && b.order.Uint32(tail) != uint32(n) {
			b.passed++
		}
	}
	if err == io.EOF {
		return errCut
	}
	b.skip = 4
	return err
}

// countUnknown counts a block of a type that isn't known.
func (b *ngReader) countUnknown(kind uint32) {
	if !ngHoldsPacket(kind) && !ngHoldsNone(kind) {
		b.others++
	}
}

// blockState tells what check finds out.
type blockState int

const (
	blockHolds blockState = iota
	blockFails            // its lengths hold, but it can't be of this section
	blockLies             // its lengths don't hold
)

// check looks at the block that begins at a place of the window, and returns its length.
// While the next block is looked for, only blocks of known types count, that lie whole in
// the window.
func (b *ngReader) check(at int, search bool) (n int, state blockState) {
	head, _ := b.r.Peek(at + 12)
	if len(head) < at+12 {
		return 0, blockLies
	}
	head = head[at:]
	order := b.order
	if binary.LittleEndian.Uint32(head) == ngSectionHeader {
		if order = ngOrder(head); order == nil {
			return 0, blockLies
		}
	}
	kind, size := order.Uint32(head), order.Uint32(head[4:])
	if size < 12 || size%4 != 0 || size > ngMost || search && (kind > ngPacketBlock && kind != ngSectionHeader || kind == 0) {
		return 0, blockLies
	}
	if size > ngLargest {
		if search || ngHoldsPacket(kind) || kind == ngSectionHeader || kind == ngInterfaceBlock {
			return 0, blockLies
		}
		return int(size), blockHolds
	}
	block, _ := b.r.Peek(at + int(size))
	if len(block) < at+int(size) {
		return 0, blockLies
	}
	block = block[at:]
	if order.Uint32(block[size-4:]) != size {
		return 0, blockLies
	}
	if !b.holds(kind, block[:size], order) {
		return int(size), blockFails
	}
	return int(size), blockHolds
}

// holds tells whether a block whose lengths hold can be of its type, and of this section.
func (b *ngReader) holds(kind uint32, block []byte, order binary.ByteOrder) bool {
	size, faces := uint32(len(block)), uint32(len(b.faces))
	switch kind {
	case ngSectionHeader:
		return size >= 28
	case ngInterfaceBlock:
		return size >= 20
	case ngPacketBlock:
		return size >= ngPacketLeast && order.Uint32(block[8:]) < faces && order.Uint32(block[20:]) <= size-ngPacketLeast
	case ngOldPacketBlock:
		return size >= ngPacketLeast && uint32(order.Uint16(block[8:])) < faces && order.Uint32(block[20:]) <= size-ngPacketLeast
	case ngSimpleBlock:
		return size >= 16 && faces > 0
	case ngNamesBlock:
		return ngNamesHold(order, block[8:size-4])
	}
	return true
}

// ngNamesHold reports whether the body of a block of names is a list of names: each
// with its type and length, and an end, behind which options may follow in the same form.
func ngNamesHold(order binary.ByteOrder, body []byte) bool {
	for names := true; len(body) >= 4; {
		kind, size := order.Uint16(body), 4+(int(order.Uint16(body[2:]))+3)&^3 // to the next multiple of 4
		switch {
		case kind == 0 && names:
			names = false
			if size > 4 {
				return false
			}
		case kind == 0:
			return len(body) == 4
		case names && kind > ngMostNames || size > len(body):
			return false
		}
		body = body[size:]
	}
	return len(body) == 0
}

// ngMostNames is the last type of a name: those of IPv4, IPv6, EUI-48 and EUI-64.
const ngMostNames = 4

// resync passes over a block whose lengths don't hold, up to the next that does. It returns
// errCut where there is none any more, as the block is the last and cut off.
func (b *ngReader) resync() error {
	for first := true; ; first = false {
		window, err := b.r.Peek(ngWindow)
		for at := 1; at+12 <= len(window); at++ {
			if n, state := b.check(at, true); state != blockLies && n > 0 {
				b.passed++
				_, err := b.r.Discard(at)
				return err
			}
		}
		if err != nil { // the rest lies in the window
			if first && b.order.Uint32(window[4:]) > uint32(len(window)) {
				return errCut
			}
			b.passed++
			b.r.Discard(len(window))
			return err
		}
		if _, err := b.r.Discard(len(window) - 12); err != nil {
			return err
		}
	}
}
