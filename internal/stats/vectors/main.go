// Command vectors generates the assembly of package lanes, and the declarations of its
// functions. go generate runs it.
package main

import (
	"fmt"
	"math"
	"os"
	"path/filepath"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// programs are what can be generated, by name.
var programs = map[string]func(){"logs": logs, "butterflies": butterflies, "rows": rows}

func main() {
	if len(os.Args) != 3 || programs[os.Args[1]] == nil {
		fmt.Fprintln(os.Stderr, "usage: vectors logs|butterflies|rows DIRECTORY")
		os.Exit(2)
	}
	name, dir := os.Args[1], os.Args[2]
	file := filepath.Join(dir, name+"_amd64")
	os.Args = []string{"vectors", "-out", file + ".s", "-stubs", file + ".go", "-pkg", filepath.Base(dir)}
	programs[name]()
	Generate()
}

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
	Doc("logsAVX2 sets to to the natural logarithms of n numbers, a multiple of four.")
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
	SHLQ(Imm(3), quarter) // in bytes
	quarters3 := GP64()
	LEAQ(Mem{Base: quarter, Index: quarter, Scale: 2}, quarters3)
	SHLQ(Imm(3), stride)
	stride3 := GP64()
	LEAQ(Mem{Base: stride, Index: stride, Scale: 2}, stride3)
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
	quarters := func(base Register) [4]Mem {
		return [4]Mem{{Base: base}, {Base: base, Index: quarter, Scale: 1}, {Base: base, Index: quarter, Scale: 2}, {Base: base, Index: quarters3, Scale: 1}}
	}
	strides := func(base Register) [4]Mem {
		return [4]Mem{{Base: base}, {Base: base, Index: stride, Scale: 1}, {Base: base, Index: stride, Scale: 2}, {Base: base, Index: stride3, Scale: 1}}
	}
	fromRe, fromIm, toRe, toIm := quarters(re), quarters(im), strides(nextRe), strides(nextIm)
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
	stride3 := rowsApart(stride)
	var w [4]VecVirtual
	for k := range w {
		w[k] = YMM()
		VBROADCASTSD(Mem{Base: weights, Disp: k * wordSize}, w[k])
	}
	Label("next")
	sum, t := YMM(), YMM()
	VMOVUPD(Mem{Base: sums}, sum)
	for k, m := range fourRows(row, stride, stride3) {
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
	stride3 := rowsApart(stride)
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
		for i, m := range fourRows(base, stride, stride3) {
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

// rowsApart turns a stride of numbers into one of bytes, and returns three times that.
func rowsApart(stride Register) GPVirtual {
	SHLQ(Imm(3), stride.(GPVirtual))
	stride3 := GP64()
	LEAQ(Mem{Base: stride, Index: stride, Scale: 2}, stride3)
	return stride3
}

func fourRows(base, stride, stride3 Register) [4]Mem {
	return [4]Mem{{Base: base}, {Base: base, Index: stride, Scale: 1}, {Base: base, Index: stride, Scale: 2}, {Base: base, Index: stride3, Scale: 1}}
}
