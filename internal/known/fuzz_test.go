package known_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"beacon/internal/known"
)

// FuzzParse reads any text as a file of rules: those that are read are the same when they
// are written and read again.
func FuzzParse(f *testing.F) {
	for _, text := range []string{
		"[[known]]\ndestination = '*.example.com'\nsource = ['10.0.0.0/8', 'servers']\nport = 443\nreason = \"a \\u0007\"\nexpires = 2027-01-31\nby = 'x'\n[networks]\nservers = ['10.1.0.0/16']\n",
		"[[known]]\ndestination = ['2001:db8::/32', 'private']\nreason = 'x'\n[[known]]\nsource = '10.0.0.1'\nreason = ''\n",
		"known = [{reason = 'x', port = 1}]", "[networks]\na = []", "\ufeff[[known]]\nexpires = 2027-01-31T00:00:00Z",
	} {
		f.Add([]byte(text))
	}
	now := time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, text []byte) {
		file, err := known.Parse("k", text)
		if err != nil {
			require.NotEmpty(t, err.Error())
			return
		}
		require.Len(t, file.Known("file", now, nil), len(file.Rules))
		var written strings.Builder
		for i := range file.Rules {
			written.WriteString(file.Rules[i].Text())
		}
		again, err := known.Parse("k", []byte(written.String()), file.Networks...)
		require.NoError(t, err, "%q", written.String())
		require.Len(t, again.Rules, len(file.Rules))
		for i := range file.Rules {
			want, got := file.Rules[i], again.Rules[i]
			want.Line, got.Line = 0, 0
			require.Equal(t, want, got)
		}
	})
}

// FuzzConvert makes rules of any text as a table of known services: what it writes is a
// file of rules.
func FuzzConvert(f *testing.F) {
	f.Add([]byte("destination,port,name\n203.0.113.9,443,backup\n*.example.com,,\"a \"\"b\"\"\"\n"))
	f.Add([]byte("203.0.113.0/24,,ntp\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		if written, err := known.Convert("k", text); err == nil {
			_, err := known.Parse("k", []byte(written))
			require.NoError(t, err, "%q", written)
		}
	})
}
