package lanes

// AddRows adds the rows of a matrix, each times its weight, to sums. A row has as many
// numbers as sums.
func AddRows(sums, rows, weights []float64) {
	n := len(sums)
	rows = rows[:n*len(weights)]
	vectors := 0
	if haveAVX2 {
		vectors = n &^ (width - 1)
	}
	for ; len(weights) >= 4; weights, rows = weights[4:], rows[4*n:] {
		if vectors > 0 {
			addRowsAVX2(&sums[0], &rows[0], &weights[0], vectors, n)
		}
		addFour(sums[vectors:], rows[vectors:], weights, n)
	}
	for r, w := range weights {
		for i, k := range rows[r*n : (r+1)*n] {
			sums[i] += w * k
		}
	}
}

// addFour is AddRows of four rows that are stride numbers apart.
//
// Note: four rows at once, in the order of one by one, take half the time.
func addFour(sums, rows, weights []float64, stride int) {
	n := len(sums)
	if n == 0 {
		return
	}
	a, b, c, d := rows[:n], rows[stride:][:n], rows[2*stride:][:n], rows[3*stride:][:n]
	v, w, x, y := weights[0], weights[1], weights[2], weights[3]
	for i := range sums {
		sums[i] = sums[i] + v*a[i] + w*b[i] + x*c[i] + y*d[i]
	}
}

// Rows is how many rows MultiplyRows takes at once: it is fastest at a multiple of that.
const Rows = 2 * width

// MultiplyRows sets products to those of the rows of a matrix and f, which is as long as a
// row.
func MultiplyRows(products, rows, f []float64) {
	n := len(f)
	rows = rows[:n*len(products)]
	if vectors := n &^ (width - 1); haveAVX2 && vectors > 0 {
		for ; len(products) >= Rows; products, rows = products[Rows:], rows[Rows*n:] {
			multiplyRowsAVX2(&products[0], &rows[0], &f[0], vectors, n)
			for r := range products[:Rows] {
				for i := vectors; i < n; i++ {
					products[r] += rows[r*n+i] * f[i]
				}
			}
		}
	}
	multiplyRowsPlain(products, rows, f)
}

// multiplyRowsPlain is MultiplyRows for any processor.
func multiplyRowsPlain(products, rows, f []float64) {
	n := len(f)
	for ; len(products) >= 4; products, rows = products[4:], rows[4*n:] {
		a, b, c, d := rows[:n], rows[n:][:n], rows[2*n:][:n], rows[3*n:][:n]
		var v, w, x, y float64
		for i, g := range f {
			v += a[i] * g
			w += b[i] * g
			x += c[i] * g
			y += d[i] * g
		}
		products[0], products[1], products[2], products[3] = v, w, x, y
	}
	for r := range products {
		products[r] = 0
		for i, k := range rows[r*n : (r+1)*n] {
			products[r] += k * f[i]
		}
	}
}
