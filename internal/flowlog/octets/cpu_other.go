//go:build !amd64

package octets

const haveAVX2 = false

func linesAVX2(text *byte, size, start int, starts *int, limit int) (n int) { panic("no AVX2") }

func skipAVX2(text *byte, last int, stop byte, count int, at, ends *int, n int) (read int) {
	panic("no AVX2")
}
