package main

import (
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// lanes is the number of float64 in a vector, each of wordSize bytes.
const (
	lanes    = 4
	wordSize = 8
)

// constant is a vector all of whose lanes have the same bits.
func constant(name string, bits uint64) Mem {
	m := GLOBL(name, RODATA|NOPTR)
	for i := range lanes {
		DATA(i*wordSize, U64(bits))
	}
	return m
}

func number(name string, v float64) Mem { return constant(name, math.Float64bits(v)) }

// logs is math.Log of positive normal numbers, step by step as on amd64: the algorithm of
// FreeBSD's e_log.c.
func logs() {
	const (
		fraction = 1<<52 - 1           // bits of a mantissa
		shift    = 0x433 << 52         // 2^52: an integer in the low bits behind it is added to it
		half     = uint64(0x3FE) << 52 // 0.5
	)
	mantissa, exponents := constant("mantissa", fraction), constant("exponents", shift)
	bias := number("bias", 1<<52+0x3FE)
	one, two, point5 := number("one", 1), number("two", 2), constant("half", half)
	root := number("root", math.Sqrt2/2)
	high, low := number("ln2high", 6.93147180369123816490e-01), number("ln2low", 1.90821492927058770002e-10)
	l := [...]Mem{
		1: number("l1", 6.666666666666735130e-01), 2: number("l2", 3.999999999940941908e-01),
		3: number("l3", 2.857142874366239149e-01), 4: number("l4", 2.222219843214978396e-01),
		5: number("l5", 1.818357216161805012e-01), 6: number("l6", 1.531383769920937332e-01),
		7: number("l7", 1.479819860511658591e-01),
	}

	TEXT("logsAVX2", NOSPLIT, "func(to, from *float64, n int)")
	Pragma("noescape")
	Doc("logsAVX2 sets to[i] to the natural logarithm of from[i], for every i below n, a multiple of four.")
	to, from, n := Load(Param("to"), GP64()), Load(Param("from"), GP64()), Load(Param("n"), GP64())

	Label("next")
	x, k, f, mask, s := YMM(), YMM(), YMM(), YMM(), YMM()
	VMOVUPD(Mem{Base: from}, x)
	VPSRLQ(Imm(52), x, k)
	VPOR(exponents, k, k)
	VSUBPD(bias, k, k)
	VPAND(mantissa, x, f)
	VPOR(point5, f, f)
	VMOVUPD(root, mask)
	VCMPPD(Imm(5), f, mask, mask) // root not less than f
	VANDPD(one, mask, mask)
	VSUBPD(mask, k, k)
	VADDPD(one, mask, mask)
	VMULPD(mask, f, f)
	VSUBPD(one, f, f)

	VADDPD(two, f, s)
	VDIVPD(s, f, s)
	s2, s4, t := YMM(), YMM(), YMM()
	VMULPD(s, s, s2)
	VMULPD(s2, s2, s4)
	polynomial := func(sum VecVirtual, constants ...Mem) {
		VMULPD(constants[0], s4, sum)
		for i, c := range constants[1:] {
			VADDPD(c, sum, sum)
			if i < len(constants)-2 {
				VMULPD(s4, sum, sum)
			}
		}
	}
	polynomial(t, l[7], l[5], l[3], l[1])
	VMULPD(t, s2, s2)
	polynomial(t, l[6], l[4], l[2])
	VMULPD(t, s4, s4)
	VADDPD(s4, s2, s2) // R

	square := YMM() // f²/2
	VMULPD(point5, f, square)
	VMULPD(f, square, square)
	VADDPD(square, s2, s2)
	VMULPD(s2, s, s)
	VMULPD(low, k, t)
	VADDPD(t, s, s)
	VSUBPD(s, square, square)
	VSUBPD(f, square, square)
	VMULPD(high, k, k)
	VSUBPD(square, k, k)
	VMOVUPD(k, Mem{Base: to})

	ADDQ(Imm(lanes*wordSize), from)
	ADDQ(Imm(lanes*wordSize), to)
	SUBQ(Imm(lanes), n)
	JG(LabelRef("next"))
	VZEROUPPER()
	RET()
}
