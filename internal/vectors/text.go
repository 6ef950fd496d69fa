package main

import (
	"math/bits"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// lines is octets.linesPlain: it looks for the ends of lines in 64 bytes at a time.
func lines() {
	TEXT("linesAVX2", NOSPLIT, "func(text *byte, size, start int, starts *int, limit int) (n int)")
	Doc("linesAVX2 is linesPlain for processors with AVX2 and BMI1.")
	text, size := Load(Param("text"), GP64()), Load(Param("size"), GP64())
	block, starts := Load(Param("start"), GP64()), Load(Param("starts"), GP64())
	limit := Load(Param("limit"), GP64())
	n, begin := GP64(), GP64()
	XORQ(n, n)
	MOVQ(block, begin)

	newline := YMM()
	spread(newline, '\n')
	lo, hi := YMM(), YMM()
	mask, high, next := GP64(), GP64(), GP64()

	Label("block")
	VPCMPEQB(Mem{Base: text, Index: block, Scale: 1}, newline, lo)
	VPCMPEQB(Mem{Base: text, Index: block, Scale: 1, Disp: 32}, newline, hi)
	VPMOVMSKB(lo, mask.As32())
	VPMOVMSKB(hi, high.As32())
	SHLQ(Imm(32), high)
	ORQ(high, mask)
	JZ(LabelRef("next"))

	Label("line")
	CMPQ(begin, size)
	JGE(LabelRef("done"))
	CMPQ(n, limit)
	JGE(LabelRef("done"))
	TZCNTQ(mask, next)
	LEAQ(Mem{Base: block, Index: next, Scale: 1, Disp: 1}, begin)
	MOVQ(begin, Mem{Base: starts, Index: n, Scale: 8})
	INCQ(n)
	BLSRQ(mask, mask)
	JNZ(LabelRef("line"))

	Label("next")
	CMPQ(begin, size)
	JGE(LabelRef("done"))
	CMPQ(n, limit)
	JGE(LabelRef("done"))
	ADDQ(Imm(64), block)
	JMP(LabelRef("block"))

	Label("done")
	VZEROUPPER()
	Store(n, ReturnIndex(0))
	RET()
}

// spread puts a byte into every byte of a vector.
func spread(v VecVirtual, b uint8) {
	word := GP32()
	MOVL(U32(b), word)
	VMOVD(word, v.AsX())
	VPBROADCASTB(v.AsX(), v)
}

// skip is octets.skipPlain: it counts the stops in 32 bytes at a time, and looks for quotes
// and blanks at the beginnings of fields among them.
func skip() {
	TEXT("skipAVX2", NOSPLIT, "func(text *byte, last int, stop byte, count int, at, ends *int, n int) (read int)")
	Doc("skipAVX2 is skipPlain for processors with AVX2, BMI1 and POPCNT. It also ends at a line whose", "bytes behind last it would have to load.")
	text := Load(Param("text"), GP64())
	last := Load(Param("last"), GP64())
	at, ends := Load(Param("at"), GP64()), Load(Param("ends"), GP64())
	count, n := argument("count"), argument("n")
	stops, quotes, blanks := YMM(), YMM(), YMM()
	stop := GP32()
	Load(Param("stop"), stop.As8())
	VMOVD(stop, stops.AsX())
	VPBROADCASTB(stops.AsX(), stops)
	spread(quotes, '"')
	spread(blanks, ' ')
	block, found, odd := YMM(), YMM(), YMM()
	i, p, left, carry, mask, begins, c := GP64(), GP64(), GP64(), GP64(), GP64(), GP64(), GP64()
	XORQ(i, i)
	JMP(LabelRef("more"))

	Label("line")
	MOVQ(Mem{Base: at, Index: i, Scale: 8}, p)
	MOVQ(count, left)
	MOVQ(U32(1), carry)

	Label("block")
	CMPQ(p, last)
	JHI(LabelRef("done"))
	VMOVDQU(Mem{Base: text, Index: p, Scale: 1}, block)
	VPCMPEQB(block, stops, found)
	VPMOVMSKB(found, mask.As32())
	VPCMPEQB(block, quotes, odd)
	VPCMPEQB(block, blanks, found)
	VPOR(found, odd, odd)
	Comment("A field begins behind each stop; carry says that one begins with the block.")
	LEAQ(Mem{Base: carry, Index: mask, Scale: 2}, begins)
	VPMOVMSKB(odd, c.As32())
	ANDQ(c, begins)
	POPCNTQ(mask, c)
	CMPQ(c, left)
	JGE(LabelRef("last"))
	TESTL(begins.As32(), begins.As32())
	JNZ(LabelRef("done"))
	SUBQ(c, left)
	MOVQ(mask, carry)
	SHRQ(Imm(31), carry)
	ADDQ(Imm(32), p)
	CMPQ(p, Mem{Base: ends, Index: i, Scale: 8})
	JLT(LabelRef("block"))
	JMP(LabelRef("done"))

	Label("last")
	DECQ(left)
	JZ(LabelRef("here"))
	BLSRQ(mask, mask)
	JMP(LabelRef("last"))
	Label("here")
	BLSMSKQ(mask, c)
	ANDQ(c, begins)
	JNZ(LabelRef("done"))
	TZCNTQ(mask, mask)
	LEAQ(Mem{Base: p, Index: mask, Scale: 1, Disp: 1}, p)
	CMPQ(p, Mem{Base: ends, Index: i, Scale: 8})
	JGE(LabelRef("done"))
	MOVQ(p, Mem{Base: at, Index: i, Scale: 8})
	INCQ(i)

	Label("more")
	CMPQ(i, n)
	JLT(LabelRef("line"))
	Label("done")
	VZEROUPPER()
	Store(i, ReturnIndex(0))
	RET()
}

// What addr.Cache is: the numbers that an address's slot is computed with, and the size in
// bytes of a slot and of the key in it, which the id follows.
const (
	spreadHigh = 0x9E3779B97F4A7C15
	spreadAll  = 0xD6E8FEB86659FD93
	cacheBits  = 15
	slotSize   = 32
	keySize    = 16
)

// fields is addr.fieldsPlain: the end of each text is found by a vector, and the rest is done
// without a branch, for neither an end nor a hit can be predicted.
//
// Note: in one loop, without the slots on their way before they are needed, the main job took
// 1.06 times the CPU on the office CSV.
func fields() {
	masks := GLOBL("masks", RODATA|NOPTR)
	for n := range keySize + 1 { // bytes of the text, which are kept unless it is too long
		kept := 8 * (n % keySize)
		DATA(keySize*n, U64(1<<min(kept, 64)-1))
		DATA(keySize*n+8, U64(1<<max(kept-64, 0)-1))
	}
	factors := GLOBL("factors", RODATA|NOPTR)
	DATA(0, U64(spreadHigh))
	DATA(8, U64(spreadAll))

	TEXT("fieldsAVX2", NOSPLIT, "func(text *byte, last int, stop byte, at, ends *int, keys, cache *byte, ids *uint32, places *int, n int) (read, missed int)")
	Doc("fieldsAVX2 is fieldsPlain for processors with AVX2 and BMI1. It reads the fields that begin", "at last or before, up to the first that doesn't.")
	text := Load(Param("text"), GP64())
	stops, found := XMM(), XMM()
	stop := GP32()
	Load(Param("stop"), stop.As8())
	VMOVD(stop, stops)
	VPBROADCASTB(stops, stops)
	at, ends := Load(Param("at"), GP64()), Load(Param("ends"), GP64())
	keys, cache := Load(Param("keys"), GP64()), Load(Param("cache"), GP64())
	ids, places := Load(Param("ids"), GP64()), Load(Param("places"), GP64())
	count, last := argument("n"), argument("last")
	missed, table, read := GP64(), GP64(), GP64()
	LEAQ(masks, table)
	XORQ(read, read)
	JMP(LabelRef("more"))

	Label("line")
	p, n, other, lo, hi := GP64(), GP64(), GP64(), GP64(), GP64()
	MOVQ(Mem{Base: at, Index: read, Scale: 8}, p)
	CMPQ(p, last)
	JHI(LabelRef("hits"))
	VPCMPEQB(Mem{Base: text, Index: p, Scale: 1}, stops, found)
	VPMOVMSKB(found, n.As32())
	BTSL(Imm(keySize), n.As32())
	TZCNTL(n.As32(), n.As32())
	MOVQ(Mem{Base: text, Index: p, Scale: 1}, lo)
	MOVQ(Mem{Base: text, Index: p, Scale: 1, Disp: 8}, hi)
	MOVQ(n, other)
	SHLQ(Imm(4), other)
	ANDQ(Mem{Base: table, Index: other, Scale: 1}, lo)
	ANDQ(Mem{Base: table, Index: other, Scale: 1, Disp: 8}, hi)

	Comment("A text that is empty, too long or leaves its line counts as one of 16 bytes.")
	MOVL(U32(keySize), other.As32())
	TESTQ(n, n)
	CMOVQEQ(other, n)
	ADDQ(n, p)
	CMPQ(p, Mem{Base: ends, Index: read, Scale: 8})
	CMOVQGE(other, n)
	MOVQ(Mem{Base: at, Index: read, Scale: 8}, p)
	LEAQ(Mem{Base: p, Index: n, Scale: 1, Disp: 1}, p)
	MOVQ(p, Mem{Base: at, Index: read, Scale: 8})
	SHLQ(Imm(56), n)
	ORQ(n, hi)
	MOVQ(lo, Mem{Base: keys})
	MOVQ(hi, Mem{Base: keys, Disp: 8})
	ADDQ(Imm(keySize), keys)

	slot := p
	MOVQ(hi, slot)
	IMULQ(factors, slot)
	XORQ(lo, slot)
	IMULQ(factors.Offset(8), slot)
	SHRQ(Imm(64-cacheBits), slot)
	SHLQ(Imm(uint64(bits.TrailingZeros(slotSize))), slot)
	PREFETCHT0(Mem{Base: cache, Index: slot, Scale: 1})
	MOVL(slot.As32(), Mem{Base: ids, Index: read, Scale: 4})
	INCQ(read)

	Label("more")
	CMPQ(read, count)
	JLT(LabelRef("line"))

	Label("hits")
	Comment("Now that all slots are on their way, their keys are compared.")
	i, id := n, other
	MOVQ(read, i)
	SHLQ(Imm(4), i)
	SUBQ(i, keys)
	XORQ(missed, missed)
	XORQ(i, i)
	JMP(LabelRef("left"))
	Label("compare")
	MOVL(Mem{Base: ids, Index: i, Scale: 4}, slot.As32())
	MOVQ(Mem{Base: keys}, lo)
	MOVQ(Mem{Base: keys, Disp: 8}, hi)
	XORQ(Mem{Base: cache, Index: slot, Scale: 1}, lo)
	XORQ(Mem{Base: cache, Index: slot, Scale: 1, Disp: 8}, hi)
	MOVL(Mem{Base: cache, Index: slot, Scale: 1, Disp: keySize}, id.As32())
	MOVL(id.As32(), Mem{Base: ids, Index: i, Scale: 4})
	MOVQ(i, Mem{Base: places, Index: missed, Scale: 8})
	ORQ(hi, lo)
	NEGQ(lo)
	ADCQ(Imm(0), missed)
	ADDQ(Imm(keySize), keys)
	INCQ(i)
	Label("left")
	CMPQ(i, read)
	JLT(LabelRef("compare"))
	Store(read, ReturnIndex(0))
	Store(missed, ReturnIndex(1))
	RET()
}

// argument is an argument that stays on the stack.
func argument(name string) Mem {
	basic, err := Param(name).Resolve()
	if err != nil {
		panic(err)
	}
	return basic.Addr
}
