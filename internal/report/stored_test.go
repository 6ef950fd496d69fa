package report

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"beacon/internal/beacon"
)

// rhythms is the judgements of a log of 24 hours: timers of many periods and jitters,
// some on the ports of NTP and push services, calls by chance, and bursts of retries.
func rhythms() (all []beacon.PairRhythm, o beacon.RhythmOptions) {
	o = beacon.RhythmOptions{LogFirst: noon, LogLast: noon + 86_400e9}
	r := rand.New(rand.NewPCG(1, 2))
	for i := range 400 {
		p := beacon.Pair{Source: netip.AddrFrom4([4]byte{10, 0, 0, byte(i % 40)}), Destination: netip.AddrFrom4([4]byte{192, 0, 2, byte(i / 40 * 7)}), Port: []uint16{443, 8080, 123, 5223}[r.IntN(4)], Proto: 17}
		period := float64(time.Minute) * (2 + 60*r.Float64())
		jitter, calls := []float64{0, 0.02, 0.3}[r.IntN(3)], 5+i
		if i%5 == 0 {
			period, jitter, calls = 10e9, 0, 20
		}
		for t := float64(noon); t < noon+86_400e9 && len(p.Times) < calls; {
			p.Times = append(p.Times, int64(t))
			if i%3 == 1 {
				t += period * r.ExpFloat64()
			} else {
				t += period * (1 + jitter*(2*r.Float64()-1))
			}
		}
		rhythm := beacon.JudgeTimes(p.Times, o)
		rhythm.Measure(p, o)
		all = append(all, beacon.PairRhythm{Source: p.Source, Destination: p.Destination, Port: p.Port, Proto: p.Proto,
			First: p.Times[0], Last: p.Times[len(p.Times)-1], Rhythm: rhythm})
	}
	return all, o
}

// rotations makes rotations of two destinations of judgements of distinct callers.
func rotations(all []beacon.PairRhythm) (list []beacon.Rotation) {
	for _, p := range all[200:240] {
		list = append(list, beacon.Rotation{PairRhythm: p, Destinations: []netip.Addr{p.Destination, netip.MustParseAddr("2001:db8::7")}})
	}
	return list
}

// decided is the answer about rhythms.
func decided(all []beacon.PairRhythm, o beacon.RhythmOptions) *beacon.Findings {
	fs := &beacon.Findings{Query: beacon.Query{Rhythm: o, ScoreBy: beacon.ScoreRhythm}}
	all = slices.Clone(all)
	fs.DecideRhythms(all, beacon.TakeCensus(all, o))
	if len(all) > 1 {
		fs.AddRotations(beacon.DecideRotations(rotations(all), o, fs.Census))
	}
	return fs
}

func written(t *testing.T, format string, fs *beacon.Findings) []byte {
	t.Helper()
	var out bytes.Buffer
	require.NoError(t, Write(&out, format, fs, Meta{}))
	return out.Bytes()
}

func stored(t *testing.T, text []byte) *beacon.Findings {
	t.Helper()
	fs := new(beacon.Findings)
	_, err := ReadStored(fs, bytes.NewReader(text), "findings")
	require.NoError(t, err)
	return fs
}

// What was written and is read back is decided as it was, and with other options as
// the log would be.
func TestStoredPairsAreDecidedAgain(t *testing.T) {
	all, o := rhythms()
	first := decided(all, o)
	require.NotEmpty(t, first.Company)
	require.NotEmpty(t, first.CompanyGroups)
	require.True(t, slices.ContainsFunc(first.Groups, func(g beacon.DestinationRhythm) bool { return g.Together != nil }))
	verdicts := map[beacon.Verdict]int{}
	for _, p := range first.Pairs {
		verdicts[p.Verdict]++
	}
	require.Len(t, verdicts, 3, "%v", verdicts)
	for _, format := range []string{"json", "ndjson"} {
		text := written(t, format, first)
		for _, fdr := range []float64{0, 0.01, 1e-4, 1e-20, 1e-200} {
			for _, unexplained := range [][]string{nil, {"ntp"}, beacon.ExplanationNames()} {
				o.FDR, o.Unexplained = fdr, unexplained
				want := decided(all, o)
				got := stored(t, text)
				got.Query.Rhythm = o
				_, err := got.DecideAgain()
				require.NoError(t, err)
				require.Len(t, got.Pairs, len(want.Pairs))
				for i, p := range got.Pairs {
					w := want.Pairs[i]
					require.Equal(t, []any{w.Source, w.Destination, w.Port, w.Verdict, w.Q, w.Explanation, w.Needs, w.Reasons},
						[]any{p.Source, p.Destination, p.Port, p.Verdict, p.Q, p.Explanation, p.Needs, p.Reasons})
				}
				require.Equal(t, string(written(t, format, want)), string(written(t, format, got)))
			}
		}
	}
}

func TestStoredDestinationsComeBack(t *testing.T) {
	fs := sample()
	fs.List[0].Names = slices.DeleteFunc(fs.List[0].Names, func(name string) bool { return !utf8.ValidString(name) })
	for _, format := range []string{"json", "ndjson"} {
		text := written(t, format, fs)
		back := stored(t, text)
		back.CollectSources()
		for _, again := range []string{format, "parquet", "zeek-intel", "ocsf", "evidence-csv"} {
			require.Equal(t, string(written(t, again, fs)), string(written(t, again, back)), again)
		}
		assert.ElementsMatch(t, fs.Sources, back.Sources)
	}
}

// A file may have been through other hands: an array of one line or many, objects over
// several lines, another order.
func TestStoredInOtherForms(t *testing.T) {
	all, o := rhythms()
	fs := decided(all, o)
	lines := strings.SplitAfter(strings.TrimSpace(string(written(t, "ndjson", fs))), "\n")
	rand.Shuffle(len(lines), func(a, b int) { lines[a], lines[b] = lines[b], lines[a] })
	for i := range lines {
		lines[i] = strings.ReplaceAll(strings.TrimSpace(lines[i]), `,"`, ",\r\n  \"")
	}
	for _, text := range []string{strings.Join(lines, "\n"), "\ufeff [" + strings.Join(lines, ",") + "] \n"} {
		back := stored(t, []byte(text))
		_, err := back.DecideAgain()
		require.NoError(t, err)
		require.Equal(t, string(written(t, "ndjson", fs)), string(written(t, "ndjson", back)))
	}
	for _, empty := range []string{"", "\n", "[]\n", "[\n]"} {
		fs := new(beacon.Findings)
		n, err := ReadStored(fs, strings.NewReader(empty), "empty")
		require.NoError(t, err)
		require.Zero(t, n)
	}
}

// TestStoredFaults names the line and says what to do.
func TestStoredFaults(t *testing.T) {
	all, o := rhythms()
	text := string(written(t, "ndjson", decided(all, o)))
	line := text[:strings.Index(text, "\n")+1]
	other := func(from, to string) string {
		require.Contains(t, line, from)
		return line + strings.Replace(line, from, to, 1)
	}
	for want, text := range map[string]string{
		"f, line 2: not JSON: unexpected EOF":                          line + line[:100],
		"f, line 3: not JSON: invalid character 'x'":                   line + "\nx",
		"f, line 1: not JSON: invalid character 's'":                   "src,dst\n",
		"f, line 2: not JSON: expected comma after array element":      "[" + line + line + "]",
		"f, line 2: not JSON: unexpected EOF ":                         "[" + line,
		"f, line 3: the array ends, and more follows":                  "[" + line + "]\n[]",
		"f, line 1: no finding of beacon":                              `{"id.orig_h":"10.0.0.1"}`,
		"f, line 1: no finding of beacon: an object":                   "7",
		"f, line 2: a finding of schema 2; this beacon knows schema 1": other(`"schema":1`, `"schema":2`),
		`f, line 2: a finding of scope "flow", which`:                  other(`"scope":"pair"`, `"scope":"flow"`),
		"f, line 2: the pair lacks fdr":                                other(`"fdr":`, `"far":`),
		`f, line 2: source: "10.0.0" is no address`:                    other(`"source":"10.0.0.`, `"source":"10.0.0","x":"`),
		`f, line 2: first: "yesterday" is no time`:                     other(`"first":"`, `"first":"yesterday","x":"`),
		"f, line 2: p: 7 doesn't lie between 0 and 1":                  other(`"p":`, `"p":7,"x":`),
		"f, line 2: period_s: -1 s is no length of time":               other(`"period_s":`, `"period_s":-1,"x":`),
		"f, line 2: calls: -3 is less than nothing":                    other(`"calls":`, `"calls":-3,"x":`),
		"f, line 2: port: a string is of the wrong type":               other(`"port":`, `"port":"http","x":`),
		"f, line 1: destinations: there are none":                      `{"schema":1,"scope":"destination","group":"rotating","together":` + strings.TrimSpace(line) + "}",
		`f, line 1: shape: there is no shape "round"`:                  strings.Replace(string(written(t, "ndjson", sample())), `"shape":"bursts"`, `"shape":"round"`, 1),
	} {
		_, err := ReadStored(new(beacon.Findings), strings.NewReader(text), "f")
		var fault *StoredError
		require.ErrorAs(t, err, &fault, want)
		assert.ErrorContains(t, err, "reading findings from "+strings.TrimSpace(want))
		assert.NotEmpty(t, fault.Hint(), want)
	}
	_, err := ReadStored(new(beacon.Findings), iotest.ErrReader(errors.New("gone")), "f")
	assert.EqualError(t, err, "reading findings from f: gone")
}

// FuzzReadStored holds the reader to: no panic, and what it takes can be written.
func FuzzReadStored(f *testing.F) {
	pair := beacon.PairRhythm{Source: netip.MustParseAddr("10.0.0.1"), Destination: netip.MustParseAddr("192.0.2.1"), Port: 443, First: noon, Last: 2 * noon,
		Rhythm: beacon.Rhythm{Flows: 50, Calls: 40, Test: beacon.TestSleep, Period: time.Hour, Regular: 1, Stretches: 1, P: 1e-20, Q: 1e-18}}
	fs := decided([]beacon.PairRhythm{pair}, beacon.RhythmOptions{})
	fs.Company, fs.List = fs.Pairs, sample().List[2:3]
	fs.CompanyGroups = []beacon.DestinationRhythm{{Kind: beacon.GroupRotating, Destinations: []netip.Addr{pair.Destination}, Sources: []netip.Addr{pair.Source}, Together: &fs.Pairs[0]}}
	for _, format := range []string{"json", "ndjson"} {
		var out bytes.Buffer
		_ = Write(&out, format, fs, Meta{})
		f.Add(out.Bytes())
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		fs := new(beacon.Findings)
		if _, err := ReadStored(fs, bytes.NewReader(text), "fuzz"); err != nil {
			return
		}
		if _, err := fs.DecideAgain(); err != nil {
			return
		}
		for _, o := range Outputs() {
			if err := Write(new(bytes.Buffer), o.Name, fs, Meta{}); err != nil {
				t.Fatal(fmt.Sprint(o.Name, ": ", err))
			}
		}
	})
}
