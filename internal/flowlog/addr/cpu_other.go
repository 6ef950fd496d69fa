//go:build !amd64

package addr

const haveAVX2 = false

func fieldsAVX2(text *byte, last int, stop byte, at, ends *int, keys, cache *byte, ids *uint32, places *int, n int) (read, missed int) {
	panic("no AVX2")
}
