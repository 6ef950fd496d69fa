package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// rows is the sums of package lanes over rows of a matrix, stride numbers apart.
func rows() {
	addRows()
	multiplyRows()
}

func addRows() {
	TEXT("addRowsAVX2", NOSPLIT, "func(sums, rows, weights *float64, n, stride int)")
	Pragma("noescape")
	Doc("addRowsAVX2 adds four rows, each times its weight, to n sums, a multiple of four.")
	sums, row := Load(Param("sums"), GP64()), Load(Param("rows"), GP64())
	weights, n, stride := Load(Param("weights"), GP64()), Load(Param("n"), GP64()), Load(Param("stride"), GP64())
	stride3 := apart(stride)
	var w [4]VecVirtual
	for k := range w {
		w[k] = YMM()
		VBROADCASTSD(Mem{Base: weights, Disp: k * wordSize}, w[k])
	}
	Label("next")
	sum, t := YMM(), YMM()
	VMOVUPD(Mem{Base: sums}, sum)
	for k, m := range four(row, stride, stride3) {
		VMULPD(m, w[k], t)
		VADDPD(t, sum, sum)
	}
	VMOVUPD(sum, Mem{Base: sums})
	ADDQ(Imm(lanes*wordSize), sums)
	ADDQ(Imm(lanes*wordSize), row)
	SUBQ(Imm(lanes), n)
	JG(LabelRef("next"))
	VZEROUPPER()
	RET()
}

func multiplyRows() {
	TEXT("multiplyRowsAVX2", NOSPLIT, "func(products, rows, f *float64, n, stride int)")
	Pragma("noescape")
	Doc("multiplyRowsAVX2 sets eight products to those of as many rows and f, of n numbers, a multiple of four.")
	products, low := Load(Param("products"), GP64()), Load(Param("rows"), GP64())
	f, n, stride := Load(Param("f"), GP64()), Load(Param("n"), GP64()), Load(Param("stride"), GP64())
	stride3 := apart(stride)
	high := GP64()
	LEAQ(Mem{Base: low, Index: stride, Scale: 4}, high)
	totals := [2]VecVirtual{YMM(), YMM()}
	for _, t := range totals {
		VXORPD(t, t, t)
	}
	Label("more")
	factor := YMM()
	VMOVUPD(Mem{Base: f}, factor)
	for k, base := range []Register{low, high} {
		var p, pairs [4]VecVirtual
		for i, m := range four(base, stride, stride3) {
			p[i], pairs[i] = YMM(), YMM()
			VMULPD(m, factor, p[i])
		}
		VUNPCKLPD(p[1], p[0], pairs[0])
		VUNPCKHPD(p[1], p[0], pairs[1])
		VUNPCKLPD(p[3], p[2], pairs[2])
		VUNPCKHPD(p[3], p[2], pairs[3])
		VPERM2F128(Imm(0x20), pairs[2], pairs[0], p[0])
		VPERM2F128(Imm(0x20), pairs[3], pairs[1], p[1])
		VPERM2F128(Imm(0x31), pairs[2], pairs[0], p[2])
		VPERM2F128(Imm(0x31), pairs[3], pairs[1], p[3])
		for i := range p { // one after the other, as a plain loop adds
			VADDPD(p[i], totals[k], totals[k])
		}
	}
	for _, r := range []Register{f, low, high} {
		ADDQ(Imm(lanes*wordSize), r.(GPVirtual))
	}
	SUBQ(Imm(lanes), n)
	JG(LabelRef("more"))
	for k, t := range totals {
		VMOVUPD(t, Mem{Base: products, Disp: k * lanes * wordSize})
	}
	VZEROUPPER()
	RET()
}

// apart turns a distance of numbers into one of bytes, and returns three times that.
func apart(stride Register) GPVirtual {
	SHLQ(Imm(3), stride.(GPVirtual))
	stride3 := GP64()
	LEAQ(Mem{Base: stride, Index: stride, Scale: 2}, stride3)
	return stride3
}

// four returns where four vectors lie, each a distance behind the one before.
func four(base, stride, stride3 Register) [4]Mem {
	return [4]Mem{{Base: base}, {Base: base, Index: stride, Scale: 1}, {Base: base, Index: stride, Scale: 2}, {Base: base, Index: stride3, Scale: 1}}
}
