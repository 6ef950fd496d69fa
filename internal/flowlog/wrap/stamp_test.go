package wrap

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestStamp(t *testing.T) {
	for text, want := range map[string]string{
		"2020-06-21T00:00:02.892Z":        "2020-06-21T00:00:02.892Z",
		"2020-06-21 00:00:02,892":         "2020-06-20T22:00:02.892Z", // of the zone
		"2020/06/21 0:00:02 UTC":          "2020-06-21T00:00:02Z",
		"2020-06-21 00:00:02 +0530":       "2020-06-20T18:30:02Z",
		"2020-06-21T00:00:02-07:00":       "2020-06-21T07:00:02Z",
		"Jun 21 2020 00:00:02":            "2020-06-20T22:00:02Z",
		"Jun  1 00:00:02.5 UTC":           "2020-06-01T00:00:02.5Z",
		"*Mar  1 00:00:02 GMT":            "2020-03-01T00:00:02Z",
		"2020 Jun 21 00:00:02 UTC":        "2020-06-21T00:00:02Z",
		"Sun Jun 21 00:00:02 2020 UTC":    "2020-06-21T00:00:02Z",
		"Sun, Jun 21 2020 00:00:02 UTC":   "2020-06-21T00:00:02Z",
		"Jun 21, 2020 @ 00:00:02.892 UTC": "2020-06-21T00:00:02.892Z",
		"Jun 21, 2020, 12:00:02 AM UTC":   "2020-06-21T00:00:02Z",
		"6/21/2020, 12:00:02.892 PM UTC":  "2020-06-21T12:00:02.892Z",
		"21Jun2020 0:00:02 UTC":           "2020-06-21T00:00:02Z",
		"21-Jun-2020 00:00:02 UTC":        "2020-06-21T00:00:02Z",
		"[21/Jun/2020:02:00:02 +0200]":    "2020-06-21T00:00:02Z",
		"0621.02:00:02.892":               "2020-06-21T00:00:02.892Z",
		"1592697602":                      "2020-06-21T00:00:02Z",
		"1592697602.8927020001":           "2020-06-21T00:00:02.892702Z",
		"1592697602892":                   "2020-06-21T00:00:02.892Z",
		"1592697602892702":                "2020-06-21T00:00:02.892702Z",
		"1592697602892702001":             "2020-06-21T00:00:02.892702001Z",
		"Jan  1 00:00:02 UTC":             "2021-01-01T00:00:02Z", // after the log's first
		"21/06/2020 00:00:02":             "",                     // day or month first?
		"06/05/2020 00:00:02":             "",
		"Feb 30 2020 00:00:02":            "",
		"2020-13-01 00:00:02":             "",
		"2020-06-21 24:00:02":             "",
		"Jun 21 00:00":                    "2020-06-20T22:00:00Z",
		"159269760":                       "",
		"9999999999999999999":             "",
	} {
		s := Stamper{Zone: time.FixedZone("", 2*3600), Anchor: Anchor{civil{2020, 3, 1}}}
		ns, n, ok := s.Stamp([]byte(text))
		if want == "" {
			require.False(t, ok && n == len(text), text)
			continue
		}
		require.True(t, ok && n == len(text), "%s: %d", text, n)
		require.Equal(t, want, time.Unix(0, ns).UTC().Format(time.RFC3339Nano), text)
	}
}

// The year of a log whose times have none is the latest that does not put its first
// time after tomorrow; what is more than anchorSlack days earlier in the calendar is
// of the next year.
func TestAnchor(t *testing.T) {
	now := time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)
	for _, c := range []struct{ month, day, given, want int }{
		{6, 21, 0, 2026}, {11, 26, 0, 2026}, {11, 27, 0, 2026}, {11, 28, 0, 2025}, {12, 31, 0, 2025}, {2, 29, 0, 2024}, {12, 31, 2019, 2019},
	} {
		require.Equal(t, c.want, NewAnchor(c.month, c.day, c.given, now).first.year, "%d-%d", c.month, c.day)
	}
	a := NewAnchor(12, 31, 2019, now)
	for _, c := range []struct{ month, day, want int }{{12, 31, 2019}, {12, 29, 2019}, {12, 28, 2020}, {1, 1, 2020}, {6, 1, 2020}} {
		require.Equal(t, c.want, a.year(c.month, c.day), "%d-%d", c.month, c.day)
	}
	first := NewAnchor(1, 1, 2020, now) // a relay may deliver the last of the old year late
	require.Equal(t, 2019, first.year(12, 31))
	require.Equal(t, 2020, first.year(12, 29))
	require.Zero(t, Anchor{}.year(1, 1))
}

func TestHeader(t *testing.T) {
	for line, want := range map[string]string{
		"<134>1 2020-06-21T00:00:02Z gw app 12 ID [a b=\"]\"][c] {\"x\":1}": `{"x":1}`,
		"<134>1 2020-06-21T00:00:02Z gw app - - - text here":                "text here",
		"1 2020-06-21T00:00:02Z gw app - - - \xef\xbb\xbftext":              "text",
		"<13>Jun 21 00:00:02 host suricata[7]: {}":                          "{}",
		"Jun 21 00:00:02 host text without program":                         "text without program",
		"2020-06-21T00:00:02.123+00:00 host kernel: x":                      "x",
		"<1>1 2020-06-21T00:00:02Z gw app - - [never closed":                "",
		"no header at all": "no header at all",
	} {
		s := Stamper{Anchor: Anchor{civil{2020, 1, 1}}}
		h := s.Header([]byte(line))
		require.Equal(t, line[0] != 'n', h.Timed, line)
		require.Equal(t, want, string(h.Message([]byte(line))), line)
	}
	s := Stamper{Anchor: Anchor{civil{2020, 1, 1}}}
	h := s.Header([]byte("Jun 21 00:00:09 relay Jun 21 2020 00:00:02 fw : x")) // the device's own time
	require.Equal(t, time.Date(2020, 6, 21, 0, 0, 2, 0, time.UTC).UnixNano(), h.Time)
}
