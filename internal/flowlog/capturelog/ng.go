package capturelog

import (
	"bufio"
	"encoding/binary"
	"io"
)

// A pcapng file is blocks whose length stands before and behind each. pcapgo believes
// the first one: damaged, it swallows the packets that follow. ngBlocks hands on only
// blocks that hold, and finds the next that does where one doesn't.
type ngBlocks struct {
	r     *bufio.Reader
	order binary.ByteOrder // of the section
	faces uint32           // interfaces of the section so far

	left   int    // bytes of the current block that are still to be handed on
	large  uint32 // length of the current block where the one behind it is still to be compared; 0 elsewhere
	passed int    // blocks that were passed over since the last call of damaged
	others int    // blocks of types that aren't known, since the last call of unknown
	whole  bool   // everything is handed on as it is
}

// Types of blocks.
const (
	ngSectionHeader  = 0x0a0d0d0a
	ngInterfaceBlock = 1
	ngSimpleBlock    = 3
	ngNamesBlock     = 4
	ngStatsBlock     = 5
	ngPacketBlock    = 6

	// Known too, without packets: secrets of TLS, and what tools add for themselves.
	ngSecretsBlock = 10
	ngCustomBlock  = 0xbad
	ngCustomNoCopy = 0x40000bad
)

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
	ngWindow = window    // bytes of a block that is checked at once
	ngMost   = 128 << 20 // bytes of any block
)

// badBlock is why a block of a pcapng file is bad.
const badBlock = "a block whose lengths or interface don't hold"

func newNgBlocks(r *bufio.Reader) *ngBlocks { return &ngBlocks{r: r} }

// damaged returns the number of blocks that were passed over since its last call.
func (b *ngBlocks) damaged() int {
	n := b.passed
	b.passed = 0
	return n
}

// unknown returns the number of blocks of types that aren't known since its last call.
func (b *ngBlocks) unknown() int {
	n := b.others
	b.others = 0
	return n
}

func (b *ngBlocks) Read(p []byte) (int, error) {
	if b.whole {
		return b.r.Read(p)
	}
	if b.left == 0 {
		if err := b.advance(); err != nil || b.whole {
			return 0, err
		}
	}
	n, err := b.r.Read(p[:min(len(p), b.left)])
	b.left -= n
	if b.large > 0 && b.left < 4 && n > 0 {
		b.compare(p[:n])
	}
	return n, err
}

// compare compares the length behind a large block, which Peek could not reach, with
// the one before it. read is what was handed on last.
func (b *ngBlocks) compare(read []byte) {
	if b.left > 0 || len(read) < 4 {
		return
	}
	if b.order.Uint32(read[len(read)-4:]) != b.large {
		b.passed++
	}
	b.large = 0
}

// advance finds the next block that holds.
func (b *ngBlocks) advance() error {
	for {
		head, err := b.r.Peek(12)
		if len(head) < 12 {
			if len(head) == 0 {
				return err
			}
			b.left = len(head) // cut off
			return nil
		}
		n, state := b.check(0, false)
		switch {
		case state == blockHolds:
			b.left = n
			head, _ = b.r.Peek(12) // check may have moved it
			b.enter(head)
			return nil
		case b.order == nil: // no capture, or not from its beginning on
			if binary.LittleEndian.Uint32(head) == ngSectionHeader {
				b.passed++ // its blocks go on unchecked
			}
			b.whole = true
			return nil
		case state == blockFails:
			b.passed++
			if _, err := b.r.Discard(n); err != nil {
				return err
			}
			continue
		}
		found, err := b.resync()
		if err != nil {
			return err
		}
		if !found {
			return nil
		}
	}
}

// blockState is what check finds out.
type blockState int

const (
	blockHolds blockState = iota
	blockFails            // its lengths hold, but it can't be of this section
	blockLies             // its lengths don't hold
)

// check looks at the block that begins at a place of the window, and returns its length.
// While the next block is looked for, only blocks of known types count, that lie whole in
// the window.
func (b *ngBlocks) check(at int, search bool) (n int, state blockState) {
	head, _ := b.r.Peek(at + 12)
	if len(head) < at+12 {
		return 0, blockLies
	}
	head = head[at:]
	order := b.order
	if binary.LittleEndian.Uint32(head) == ngSectionHeader {
		switch {
		case binary.LittleEndian.Uint32(head[8:]) == 0x1a2b3c4d:
			order = binary.LittleEndian
		case binary.BigEndian.Uint32(head[8:]) == 0x1a2b3c4d:
			order = binary.BigEndian
		default:
			return 0, blockLies
		}
	}
	if order == nil {
		return 0, blockLies
	}
	kind, size := order.Uint32(head), order.Uint32(head[4:])
	if size < 12 || size%4 != 0 || size > ngMost || search && (kind > ngPacketBlock && kind != ngSectionHeader || kind == 0) {
		return 0, blockLies
	}
	if size > ngWindow-12 {
		if search || kind == ngPacketBlock || kind == ngSectionHeader {
			return 0, blockLies
		}
		b.large = size
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
	least := uint32(0)
	switch kind {
	case ngSectionHeader:
		least = 28
	case ngInterfaceBlock:
		least = 20
	case ngPacketBlock:
		least = 32
	}
	switch {
	case size < least:
		return int(size), blockFails
	case kind == ngPacketBlock && (order.Uint32(block[8:]) >= b.faces || order.Uint32(block[20:]) > size-32):
		return int(size), blockFails
	case kind == ngNamesBlock && !ngNamesHold(order, block[8:size-4]):
		return int(size), blockFails
	}
	return int(size), blockHolds
}

// enter notes what a block says of those that follow.
func (b *ngBlocks) enter(head []byte) {
	if binary.LittleEndian.Uint32(head) == ngSectionHeader {
		b.faces, b.order = 0, binary.LittleEndian
		if binary.BigEndian.Uint32(head[8:]) == 0x1a2b3c4d {
			b.order = binary.BigEndian
		}
		return
	}
	switch kind := b.order.Uint32(head); {
	case kind == ngInterfaceBlock:
		b.faces++
	case kind != ngPacketBlock && kind != ngSimpleBlock && !ngHoldsNone(kind):
		b.others++
	}
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

// resync passes over a block whose lengths don't hold, up to the next that does. Where
// there is none any more the rest is handed on: the block is the last, and cut off.
func (b *ngBlocks) resync() (found bool, err error) {
	b.large = 0
	for first := true; ; first = false {
		window, err := b.r.Peek(ngWindow)
		for at := 1; at+12 <= len(window); at++ {
			if n, state := b.check(at, true); state != blockLies && n > 0 {
				b.passed++
				_, err := b.r.Discard(at)
				return true, err
			}
		}
		if err != nil { // the rest lies in the window
			if first && b.order.Uint32(window[4:]) > uint32(len(window)) {
				b.left = len(window)
				return false, nil
			}
			b.passed++
			_, discardErr := b.r.Discard(len(window))
			if discardErr == nil && err == io.EOF {
				return false, io.EOF
			}
			return false, err
		}
		if _, err := b.r.Discard(len(window) - 12); err != nil {
			return false, err
		}
	}
}
