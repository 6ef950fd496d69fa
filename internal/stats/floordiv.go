package stats

// FloorDiv returns a/b rounded down, for b > 0. Go's / rounds towards zero, which
// puts times before 1970 into the wrong bucket.
func FloorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}
