package parquetlog

import "beacon/internal/flowlog/claims"

// room is memory for the bytes of a page, which is used again for later ones.
type room []byte

// maxKept is the largest room, in bytes, that isn't claimed and is kept for the next
// row group. Writers end their pages at about 1 MiB.
const maxKept = 2 << 20

// atLeast returns n bytes or more. What is beyond maxKept is claimed first. The bytes
// from before are not kept where it grows.
func (r *room) atLeast(n int, claim *claims.Claim) ([]byte, error) {
	if n <= len(*r) {
		return *r, nil
	}
	size := n
	if n < maxKept {
		size = min(n+n/8, maxKept)
	} else if err := claim.Grow(int64(n - len(*r))); err != nil {
		return nil, err
	}
	*r = make([]byte, size)
	return *r, nil
}

// trim gives a large room up.
func (r *room) trim() {
	if len(*r) > maxKept {
		*r = nil
	}
}
