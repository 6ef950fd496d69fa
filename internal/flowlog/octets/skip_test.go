package octets

import (
	"bytes"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// skipOracle is where the next field of a line begins, false where one that is skipped is
// odd or ends the line.
func skipOracle(line []byte, stop byte, count int) (at int, ok bool) {
	for range count {
		n := bytes.IndexByte(line[at:], stop)
		if n < 0 || line[at] == '"' || line[at] == ' ' || at+n+1 >= len(line) {
			return 0, false
		}
		at += n + 1
	}
	return at, true
}

// checkSkip compares both ways with the oracle, in lines that begin after skip bytes.
func checkSkip(t *testing.T, text []byte, stop byte, count, skip int) {
	var at, ends, want []int
	failed := false
	for start := 0; start < len(text); {
		end := len(text)
		if nl := bytes.IndexByte(text[start:], '\n'); nl >= 0 {
			end = start + nl + 1
		}
		p := min(start+skip, end-1)
		next, ok := skipOracle(text[p:end], stop, count)
		failed = failed || !ok
		if at, ends = append(at, p), append(ends, end); !failed {
			want = append(want, p+next)
		}
		start = end
	}
	want = append(want, at[len(want):]...) // are left alone
	read := 0
	for read < len(at) && want[read] != at[read] {
		read++
	}
	text = append(bytes.Clone(text), bytes.Repeat([]byte{stop, '"', 'x'}, LinePad)[:LinePad]...)
	for name, way := range map[string]func([]byte, byte, int, []int, []int) int{"Skip": Skip, "plain": skipPlain} {
		got := append([]int{}, at...)
		require.Equal(t, read, way(text, stop, count, got, append(ends, 0)), "%s, %d of %q", name, count, text)
		require.Equal(t, append([]int{}, want...), got, "%s, %d of %q", name, count, text)
	}
}

// Fields of all lengths, quoted ones and blank ones among them.
func TestSkip(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 10))
	for range 4000 {
		var text []byte
		long := 1 + r.IntN(50)
		for range r.IntN(12) {
			for range 1 + r.IntN(6) {
				field := bytes.Repeat([]byte("x"), r.IntN(long))
				if r.IntN(30) == 0 {
					field = append([]byte{`" `[r.IntN(2)]}, field...)
				}
				text = append(append(text, field...), ',')
			}
			text = append(text, "end\n"...)
		}
		checkSkip(t, text, ',', 1+r.IntN(4), r.IntN(3))
	}
	require.Panics(t, func() { Skip(bytes.Repeat([]byte("x"), 100), ',', 1, []int{200}, []int{300}) })
	require.Panics(t, func() { Skip(bytes.Repeat([]byte("x"), 100), ',', 1, []int{-1}, []int{300}) })
}

func FuzzSkip(f *testing.F) {
	f.Add([]byte("a,b,c,d\n,,,,\nx,\"y,z\",1\n"), byte(','), 2, 0)
	f.Add(bytes.Repeat([]byte("a long field that fills a vector or two\tb\tc\n"), 5), byte('\t'), 1, 1)
	f.Fuzz(func(t *testing.T, text []byte, stop byte, count, skip int) {
		if count > 0 && skip >= 0 && stop != '\n' {
			checkSkip(t, text, stop, 1+count%20, skip%40)
		}
	})
}
