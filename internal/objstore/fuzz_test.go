package objstore

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// FuzzURL reads any text as the URL of an object: one that is read is the same when it is
// written, and one that holds a user or a password is none.
func FuzzURL(f *testing.F) {
	for _, text := range []string{"s3://logs/zeek/2024-06-15/", "GS://logs/*/conn.log.gz", "s3://key:secret@logs/a", "s3://", "s3:///a", "s3://logs", "s3://logs/a?b#c"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		p, err := parse(text)
		if err != nil {
			return
		}
		require.True(t, IsURL(text))
		again, err := parse(p.url(p.key))
		require.NoError(t, err)
		require.Equal(t, p, again)
		require.False(t, strings.ContainsAny(p.bucket, "@:/"))
	})
}
