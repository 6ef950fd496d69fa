package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// butterflies is lanes.butterfliesPlain.
func butterflies() {
	TEXT("butterfliesAVX2", NOSPLIT, "func(re, im, nextRe, nextIm, cos, sin *float64, n, stride int)")
	Pragma("noescape")
	Doc("butterfliesAVX2 is butterfliesPlain for processors with AVX2; stride is a multiple of four.")
	re, im := Load(Param("re"), GP64()), Load(Param("im"), GP64())
	nextRe, nextIm := Load(Param("nextRe"), GP64()), Load(Param("nextIm"), GP64())
	cos, sin := Load(Param("cos"), GP64()), Load(Param("sin"), GP64())
	n, stride := Load(Param("n"), GP64()), Load(Param("stride"), GP64())
	SHRQ(Imm(2), n) // transforms of a quarter
	quarter := GP64()
	MOVQ(n, quarter)
	IMULQ(stride, quarter)
	quarters3, stride3 := apart(quarter), apart(stride)
	at := GP64() // of the turns, in bytes
	XORQ(at, at)

	Label("turn")
	var c, s [4]VecVirtual
	for k := 1; k < len(c); k++ {
		c[k], s[k] = YMM(), YMM()
	}
	VBROADCASTSD(Mem{Base: cos, Index: at, Scale: 2}, c[1])
	VBROADCASTSD(Mem{Base: sin, Index: at, Scale: 2}, s[1])
	VBROADCASTSD(Mem{Base: cos, Index: at, Scale: 4}, c[2])
	VBROADCASTSD(Mem{Base: sin, Index: at, Scale: 4}, s[2])
	third := GP64()
	LEAQ(Mem{Base: at, Index: at, Scale: 2}, third)
	VBROADCASTSD(Mem{Base: cos, Index: third, Scale: 2}, c[3])
	VBROADCASTSD(Mem{Base: sin, Index: third, Scale: 2}, s[3])
	q := GP64()
	MOVQ(stride, q)

	Label("next")
	fromRe, fromIm := four(re, quarter, quarters3), four(im, quarter, quarters3)
	toRe, toIm := four(nextRe, stride, stride3), four(nextIm, stride, stride3)
	t, u := YMM(), YMM()
	sumRe, lessRe, sumIm, lessIm := YMM(), YMM(), YMM(), YMM()
	VMOVUPD(fromRe[0], t)
	VMOVUPD(fromRe[2], u)
	VADDPD(u, t, sumRe)
	VSUBPD(u, t, lessRe)
	VMOVUPD(fromIm[0], t)
	VMOVUPD(fromIm[2], u)
	VADDPD(u, t, sumIm)
	VSUBPD(u, t, lessIm)
	otherRe, otherIm, turnRe, turnIm := YMM(), YMM(), YMM(), YMM()
	VMOVUPD(fromRe[1], t)
	VMOVUPD(fromRe[3], u)
	VADDPD(u, t, otherRe)
	VSUBPD(t, u, turnIm)
	VMOVUPD(fromIm[1], t)
	VMOVUPD(fromIm[3], u)
	VADDPD(u, t, otherIm)
	VSUBPD(u, t, turnRe)
	store := func(k int, x, y VecVirtual) { // times the turn
		VMULPD(c[k], x, t)
		VMULPD(s[k], y, u)
		VSUBPD(u, t, t)
		VMOVUPD(t, toRe[k])
		VMULPD(s[k], x, t)
		VMULPD(c[k], y, u)
		VADDPD(u, t, t)
		VMOVUPD(t, toIm[k])
	}
	VADDPD(otherRe, sumRe, t)
	VMOVUPD(t, toRe[0])
	VADDPD(otherIm, sumIm, t)
	VMOVUPD(t, toIm[0])
	VSUBPD(otherRe, sumRe, sumRe)
	VSUBPD(otherIm, sumIm, sumIm)
	store(2, sumRe, sumIm)
	VADDPD(turnRe, lessRe, otherRe)
	VADDPD(turnIm, lessIm, otherIm)
	store(1, otherRe, otherIm)
	VSUBPD(turnRe, lessRe, lessRe)
	VSUBPD(turnIm, lessIm, lessIm)
	store(3, lessRe, lessIm)
	for _, p := range []Register{re, im, nextRe, nextIm} {
		ADDQ(Imm(lanes*wordSize), p.(GPVirtual))
	}
	SUBQ(Imm(lanes*wordSize), q)
	JG(LabelRef("next"))
	ADDQ(stride3, nextRe)
	ADDQ(stride3, nextIm)
	ADDQ(stride, at)
	DECQ(n)
	JNZ(LabelRef("turn"))
	VZEROUPPER()
	RET()
}
