package wrap

import (
	"bytes"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"beacon/internal/flowlog"
)

// A text is found in a head where looking for it finds it, however near to the end.
func TestQuoted(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 1))
	found, none := 0, 0
	for range 5000 {
		head := make(flowlog.Head, r.IntN(60))
		for i := range head {
			head[i] = `"abc":{`[r.IntN(7)]
		}
		q := quotedOf(head)
		for _, token := range []string{`"ab"`, `"abc"`, `"abca"`, `"abab"`, `"a"`, `"cab"`, `{"a":`, `{"bca":`, `"`, ``, `abc`, `""""`} {
			want := bytes.Contains(head, []byte(token))
			require.Equal(t, want, q.has(token), "%s in %s", token, head)
			if want {
				found++
			} else {
				none++
			}
		}
	}
	require.Greater(t, min(found, none), 5000)
}
