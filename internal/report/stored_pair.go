package report

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/netip"
	"time"

	"beacon/internal/beacon"
)

// maxStoredSeconds is the longest length of time that is read, in seconds: 100 years.
const maxStoredSeconds = 100 * 366 * 86_400

// fields reads the fields of one stored object; the first that can't be read is kept.
type fields struct {
	err error
}

func (f *fields) fail(name, format string, args ...any) {
	f.err = cmp.Or(f.err, fmt.Errorf(name+": "+format, args...))
}

// fault is the faulty of what couldn't be read, nil if nothing was.
func (f *fields) fault() error {
	if f.err == nil {
		return nil
	}
	return faulty{f.err, hintBroken}
}

func (f *fields) addr(name, text string) netip.Addr {
	a, err := netip.ParseAddr(text)
	if err != nil {
		f.fail(name, "%q is no address", text)
	}
	return a.Unmap().WithZone("")
}

func (f *fields) addrs(name string, list []string) []netip.Addr {
	if len(list) == 0 {
		f.fail(name, "there are none")
	}
	all := make([]netip.Addr, len(list))
	for i, text := range list {
		all[i] = f.addr(name, text)
	}
	return all
}

// time is ns since the Unix epoch.
func (f *fields) time(name, text string) int64 {
	t, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		f.fail(name, "%q is no time like 2006-01-02T15:04:05Z", text)
	}
	return t.UnixNano()
}

func (f *fields) duration(name string, seconds float64) time.Duration {
	if !(seconds >= 0 && seconds <= maxStoredSeconds) {
		f.fail(name, "%v s is no length of time", seconds)
		return 0
	}
	return time.Duration(math.Round(seconds * 1e9))
}

func (f *fields) share(name string, v float64) float64 {
	if v < 0 || v > 1 {
		f.fail(name, "%v doesn't lie between 0 and 1", v)
	}
	return v
}

func (f *fields) count(name string, n int) int {
	if n < 0 {
		f.fail(name, "%d is less than nothing", n)
	}
	return n
}

// readPair is pairJSON and companyJSON backwards. Its error is a faulty.
func readPair(object json.RawMessage) (beacon.PairRhythm, error) {
	var j jsonPair
	if err := json.Unmarshal(object, &j); err != nil {
		return beacon.PairRhythm{}, wrongType(err)
	}
	return j.pair()
}

func (j *jsonPair) pair() (beacon.PairRhythm, error) {
	if j.FDR == 0 || j.LogFirst == "" {
		return beacon.PairRhythm{}, faulty{errors.New("the pair lacks fdr, log_tried and more that a decision needs: an older beacon wrote it"), hintWrite}
	}
	var f fields
	p := beacon.PairRhythm{
		Source: f.addr("source", j.Source), Destination: f.addr("destination", j.Destination), Port: j.Port, Proto: j.Protocol,
		First: f.time("first", j.First), Last: f.time("last", j.Last), Callers: f.count("callers", j.Callers), Aside: j.LeftOut,
		Rhythm:  f.rhythm(j),
		Grounds: f.grounds(&j.jsonGrounds),
	}
	return p, f.fault()
}

// readGroup adds a rotation to the findings; what pairs share follows from the pairs.
func readGroup(fs *beacon.Findings, object json.RawMessage, scope string) error {
	var j jsonGroup
	if err := json.Unmarshal(object, &j); err != nil {
		return wrongType(err)
	}
	if j.Together == nil {
		return nil
	}
	together, err := j.Together.pair()
	if err != nil {
		return err
	}
	var f fields
	g := beacon.DestinationRhythm{Kind: j.Group, Destinations: f.addrs("destinations", j.Destinations), Sources: f.addrs("sources", j.Sources),
		Port: j.Port, Period: f.duration("period_s", j.Period), Together: &together}
	if scope == scopeDestination {
		fs.Groups = append(fs.Groups, g)
	} else {
		fs.CompanyGroups = append(fs.CompanyGroups, g)
	}
	return f.fault()
}

// wrongType is the error of an object with a field of another type.
func wrongType(err error) error {
	var wrong *json.UnmarshalTypeError
	if errors.As(err, &wrong) {
		err = fmt.Errorf("%s: a %s is of the wrong type", wrong.Field, wrong.Value)
	}
	return faulty{err, hintBroken}
}

func (f *fields) rhythm(j *jsonPair) beacon.Rhythm {
	r := beacon.Rhythm{
		Flows: f.count("flows", j.Flows), Calls: f.count("calls", j.Calls),
		Verdict: beacon.Verdict(j.Verdict), Explanation: j.Explanation, Test: j.Test,
		Period:    f.duration("period_s", j.Period),
		PeriodLow: f.duration("period_range_s", j.PeriodRange[0]), PeriodHigh: f.duration("period_range_s", j.PeriodRange[1]),
		Jitter: j.Jitter, JitterLow: j.JitterRange[0], JitterHigh: j.JitterRange[1],
		Miss: f.share("miss", j.Miss), MissLow: j.MissRange[0], MissHigh: j.MissRange[1],
		Regular: f.share("regular", j.Regular), Stretches: f.count("stretches", j.Stretches), Sessions: f.count("sessions", j.Sessions), Clock: j.Clock,
		P: f.share("p", j.P), Q: f.share("q", j.Q), Needs: j.Needs,
		Size:    beacon.SizeRegularity{Total: orUnknown(j.Size.Total), Sent: orUnknown(j.Size.Sent), Received: orUnknown(j.Size.Received)},
		RITA:    beacon.RITAScore(j.RITA),
		Reasons: j.Reasons,
	}
	for _, c := range j.Changes {
		r.Changes = append(r.Changes, beacon.Change{At: f.time("changes", c.At), Before: f.duration("changes", c.Before), After: f.duration("changes", c.After)})
	}
	return r
}

func (f *fields) grounds(j *jsonGrounds) beacon.Grounds {
	return beacon.Grounds{
		Census:   beacon.Census{Pairs: f.count("log_pairs", j.LogPairs), Tried: f.count("log_tried", j.LogTried), Sources: f.count("log_sources", j.LogSources)},
		LogFirst: f.time("log_first", j.LogFirst), LogLast: f.time("log_last", j.LogLast),
		FDR: f.share("fdr", j.FDR), ScoreBy: beacon.Score(j.ScoreBy),
	}
}

// orUnknown is known backwards.
func orUnknown(share *float64) float64 {
	if share == nil {
		return -1
	}
	return *share
}
