package names

import (
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"beacon/internal/flowlog"
	"beacon/internal/flowlog/logtest"
)

func TestReadNames(t *testing.T) {
	got, err := Read([]string{"testdata"}, nil, &flowlog.Options{})
	require.NoError(t, err)
	want := map[string][]string{
		"192.0.2.7": {"www.example.org", "other.example"}, "2001:db8::7": {"www.example.org"}, "192.0.2.8": {"sni.example"},
		"192.0.2.17": {"www.example.org"}, "192.0.2.18": {"www.example.org"}, "192.0.2.19": {"sni.example"}, "192.0.2.20": {"web.example"},
		"192.0.2.31": {"one.example"}, "192.0.2.32": {"two.example"}, "2001:db8::32": {"two.example"}, "192.0.2.33": {"three.example"},
		"192.0.2.34": {"four.example"}, "192.0.2.35": {"five.example"},
		"192.0.2.41": {"six, example"}, "2001:db8::41": {"seven.example"}, "192.0.2.42": {"eight.example", "nine.example"},
	}
	for addr, names := range want {
		require.Equal(t, names, got.Names[netip.MustParseAddr(addr)], addr)
	}
	require.Len(t, got.Names, len(want))
}

func TestReadNamesBounds(t *testing.T) {
	var b strings.Builder
	for i := range 2 * maxNamesOfAddress {
		fmt.Fprintf(&b, "192.0.2.1,host%d.example\n", i)
	}
	got, err := Read([]string{logtest.WriteFile(t, "names.csv.gz", logtest.Zip(t, []byte(b.String())))}, nil, &flowlog.Options{})
	require.NoError(t, err)
	require.Len(t, got.Names[netip.MustParseAddr("192.0.2.1")], maxNamesOfAddress)
	require.Equal(t, "host0.example", got.Names[netip.MustParseAddr("192.0.2.1")][0])

	_, err = Read([]string{logtest.WriteFile(t, "none.csv", []byte("a,b\nc,d\n"))}, nil, &flowlog.Options{})
	require.ErrorContains(t, err, "no name of an address in it")
	_, err = Read([]string{filepath.Join(t.TempDir(), "nowhere")}, nil, &flowlog.Options{})
	require.ErrorIs(t, err, os.ErrNotExist)
	if testing.Short() {
		return // a line of 16 MiB takes the race detector half a minute
	}
	_, err = Read([]string{logtest.WriteFile(t, "long.json", []byte(`{"a":"`+strings.Repeat("x", flowlog.MaxLine+1)))}, nil, &flowlog.Options{})
	require.ErrorIs(t, err, flowlog.ErrLongLine)
}

// No names file, whatever is in it, makes the reader panic or read an address
// that is none.
func FuzzReadNames(f *testing.F) {
	paths, err := filepath.Glob("testdata/*")
	require.NoError(f, err)
	for _, path := range paths {
		text, err := os.ReadFile(path)
		require.NoError(f, err)
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		names, err := Read([]string{logtest.WriteFile(t, "names", text)}, nil, &flowlog.Options{})
		if err != nil {
			return
		}
		require.True(t, len(names.Names) > 0 || names.Leases != nil)
		for addr, list := range names.Names {
			require.True(t, addr.IsValid() && !addr.Is4In6() && addr.Zone() == "")
			require.NotEmpty(t, list)
		}
	})
}
