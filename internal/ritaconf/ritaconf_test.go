package ritaconf

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"beacon/internal/netset"
)

func TestParse(t *testing.T) {
	s, err := Parse([]byte(`{
  // RITA's own form: comments, no quotes, no commas
  update_check_enabled: false
  filtering: {
    internal_subnets: ["10.0.0.0/8", "192.168.7.1", "::ffff:172.16.0.0/108", "10.0.0.0/8"]
    always_included_subnets: ["10.1.2.0/24"], # kept
    always_included_domains: []
    never_included_subnets: [
      224.0.0.0/4
      ff00::/8
    ]
    never_included_domains: ["*.example.com", "update.example.org"]
    filter_external_to_internal: true
  }
}`))
	require.NoError(t, err)
	require.Equal(t, []string{"10.0.0.0/8", "192.168.7.1/32", "172.16.0.0/12"}, s.Internal)
	require.Equal(t, []string{"224.0.0.0/4", "ff00::/8", ".example.com", ".update.example.org"}, s.Exclude)
	require.Equal(t, []string{
		"never_included_domains (update.example.org): beacon leaves out the names below these, too",
		"always_included_subnets (10.1.2.0/24): beacon keeps nothing that exclude or internal leave out; narrow those instead",
	}, s.Lost)
	require.Equal(t, "# "+s.Lost[0]+"\n# "+s.Lost[1]+"\n"+`internal = ["10.0.0.0/8", "192.168.7.1/32", "172.16.0.0/12"]
exclude = ["224.0.0.0/4", "ff00::/8", ".example.com", ".update.example.org"]
`, s.TOML())
	s, err = Parse([]byte("filtering: {filter_external_to_internal: false}"))
	require.NoError(t, err)
	require.Len(t, s.Lost, 1)
}

func TestErrors(t *testing.T) {
	for text, want := range map[string]string{
		"":                            "it has no section filtering",
		"{\n  filtering: {\n  a: [1,": "not HJSON",
		"{\nfiltering: 7}":            "it has no section filtering",
		"filtering: {internal_subnets: 10.0.0.0/8\n}":                "filtering.internal_subnets: must be a list",
		"filtering: {never_included_domains: [7]}":                   "filtering.never_included_domains: must be a list of texts",
		"filtering: {never_included_domains: [\"a b\"]}":             `filtering.never_included_domains: "a b" is no domain`,
		"filtering: {never_included_subnets: [\"10.0.0.0/99\"]}":     `filtering.never_included_subnets: "10.0.0.0/99" is neither an address nor a network like 10.0.0.0/8`,
		strings.Repeat(" ", MaxSize+1):                               "larger than 256 KiB",
		"{filtering: " + strings.Repeat("[", MaxSize-20):             "not HJSON",
		"{filtering: " + strings.Repeat("{a:", (MaxSize-20)/3):       "not HJSON",
		"{filtering: {internal_subnets: [\"10.0.0.0/8\"]}} trailing": "line 1: not HJSON",
	} {
		_, err := Parse([]byte(text))
		require.Error(t, err, "%.60q", text)
		require.Contains(t, err.Error(), want, "%.60q", text)
		require.NotContains(t, err.Error(), ">>>", "the library's own text")
	}
}

// What is written is a set that beacon reads again, whatever the configuration holds.
func FuzzParse(f *testing.F) {
	f.Add([]byte("filtering: {internal_subnets: [\"10.0.0.0/8\"], never_included_domains: [\"*.a.example\", b.example]}"))
	f.Add([]byte("{filtering: {always_included_domains: [\"a\\nb = 1\"]}}"))
	f.Fuzz(func(t *testing.T, text []byte) {
		s, err := Parse(text)
		if err != nil {
			return
		}
		for _, items := range [][]string{s.Internal, s.Exclude} {
			_, err := netset.Parse(items)
			require.NoError(t, err)
		}
		for line := range strings.Lines(s.TOML()) {
			require.Regexp(t, `^(# .*|(internal|exclude) = \[.*\])\n$`, line)
		}
	})
}
