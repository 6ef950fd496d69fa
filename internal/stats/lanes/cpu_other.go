//go:build !amd64

package lanes

const haveAVX2 = false

func logsAVX2(to, from *float64, n int) { panic("no AVX2") }

func butterfliesAVX2(re, im, nextRe, nextIm, cos, sin *float64, n, stride int) { panic("no AVX2") }

func addRowsAVX2(sums, rows, weights *float64, n, stride int) { panic("no AVX2") }

func multiplyRowsAVX2(products, rows, f *float64, n, stride int) { panic("no AVX2") }
