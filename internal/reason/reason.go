// Package reason says why a finding has its verdict: as data for programs, and in words.
package reason

import (
	"fmt"
	"math"
	"strconv"
	"time"

	"beacon/internal/rhythm"
	"beacon/internal/words"
)

// Reason is one thing that a verdict rests on, or that the analyst should know about a
// finding. Text says it in words.
type Reason struct {
	Code  string  // what it says, for programs: the constants below, or a rhythm.FlawCode
	Value float64 // the number that it rests on, by code
	Args  []any   // what Text fills in
}

// Of returns a reason.
func Of(code string, value float64, args ...any) Reason { return Reason{code, value, args} }

// The codes of reasons, with the meaning of Value.
const (
	Sleep          = "sleep-test"         // p-value
	Clock          = "clock-test"         // p-value
	Even           = "evenness-test"      // p-value
	Cycle          = "cycle-test"         // p-value
	Steady         = "steadiness-test"    // p-value
	Work           = "work"               // longest work in seconds
	Changed        = "period-changed"     // new period in seconds
	Retries        = "retried"            // longest wait within a call in seconds
	Sources        = "sources"            // how many keep the schedule
	Destinations   = "destinations"       // how many share the calls
	Listed         = "listed"             // indicators of one source that it matches
	New            = "new"                // 0
	Borderline     = "borderline"         // 0
	FirstSeen      = "first-seen"         // days
	Differs        = "changed"            // how many changes
	LongConnection = "long-connection"    // seconds of the longest
	LongDay        = "long-day"           // seconds of the longest day
	Failed         = "failed"             // flows that were never answered
	Significant    = "significant"        // q-value
	Explained      = "explained"          // q-value; 0 of a destination of the every-minute rule
	FewCalls       = "few-calls"          // p-value
	FewForKind     = "few-calls-for-kind" // calls that a rhythm of this kind takes

	Bursts      = "bursts"        // runs a day
	Diurnal     = "diurnal"       // rate of the busy hours to that of the quiet ones
	Flat        = "flat"          // rate of the busy hours to that of the quiet ones
	FlatBrief   = "flat-brief"    // days of the log
	Sparse      = "sparse"        // share of the buckets with a call
	ShortLog    = "short-log"     // days of the log
	ShortRunLog = "short-run-log" // days of the log
	FewDays     = "few-days"      // runs
	Callers     = "callers"       // internal addresses
	Silent      = "silent"        // share of the buckets without a call
	Prevalence  = "prevalence"    // share of the internal addresses, 0 if unknown
)

// texts are the words of each code, with a place for each argument.
var texts = map[string]string{
	Sleep:          "sleep test, p %s: %s of %s intervals lie within %s ±%s; %s of the calls keep the rhythm",
	Clock:          "clock test, p %s: the phase holds at a period of %s (mean vector %s over %s calls)",
	Even:           "evenness test, p %s: the calls keep to a grid of %s within %s of a period, where random calls would stray by %s",
	Cycle:          "cycle test, p %s: every %s calls make a cycle; %s of %s cycles lie within %s ±%s; %s of the calls keep the rhythm",
	Steady:         "steadiness test, p %s: as many calls in each stretch of time as in the next, one each %s",
	Work:           "sleeps %s after its work, which takes up to %s",
	Changed:        "the period changed from %s to %s at %s",
	Retries:        "%s are %s: a flow within %s of the one before is its retry",
	Sources:        "%s sources keep this schedule",
	Destinations:   "the calls go to %s destinations in turn",
	Listed:         "listed as a threat by %s: %s",
	New:            "new: in none of the earlier findings",
	Borderline:     "in none of the earlier findings, but borderline: calls at this rate fill all slots at one time and miss one at another",
	FirstSeen:      "first seen %s ago",
	Differs:        "changed since the earlier findings: %s",
	LongConnection: "the longest connection lasted %s and began at %s; one of %s or more is long",
	LongDay:        "%s of %s in all, %s of it in those that began on %s",
	Failed:         "%s of %s flows were never answered",
	Significant:    "q %s, at an accepted rate of false ones of %s",
	Explained:      "explained by %s",
	FewCalls:       "too few calls: p %s is above %s; about %s more such calls would decide",
	FewForKind:     "too few calls: q %s, but a rhythm like this takes %s calls",

	Bursts:      "%s a day of about %s near %s on %s of %s days",
	Diurnal:     "follows the working day: %s hours from %s have %s the calls of the quietest %s, on %s of %s days",
	Flat:        "day and night alike: the busiest %s hours have %s the calls of the quietest",
	FlatBrief:   "evenly over the %s of the log, which is too short to tell day from night",
	Sparse:      "a call now and then: in %s of the %s, in %s",
	ShortLog:    "the log covers %s: %s",
	ShortRunLog: "%s of about %s in a log of %s: whether they return at the same times takes two days",
	Callers:     "%s",
	FewDays:     "%s of about %s on too few days of the %s of the log to see what returns",
	Silent:      "silent %s of the time",
	Prevalence:  "%s of %s internal addresses",
}

// flawTexts are the words of each rule of thumb that speaks against a rhythm.
var flawTexts = map[rhythm.FlawCode]string{
	rhythm.FlawIrregular: "only %s of the calls keep the rhythm, and %s are needed",
	rhythm.FlawMissing:   "%s of the calls would have to be missing, and %s is the most for a timer",
	rhythm.FlawShort:     "the rhythm lasts %s, and so few calls within %s are a burst of retries",
	rhythm.FlawLone:      "it keeps time for %s calls at a stretch, and %s are needed",
	rhythm.FlawLoose:     "a loose phase with many calls missing (jitter times misses %s) is the work of many timers",
	rhythm.FlawSessions:  "its calls lie in %s short sessions, as a person's do",
	rhythm.FlawWide:      "its jitter of %s is wider than a timer's, %s at most",
}

// Flaw returns a rule of thumb as a reason.
func Flaw(f rhythm.Flaw) Reason {
	r := Reason{Code: string(f.Code), Value: f.Value}
	switch f.Code {
	case rhythm.FlawIrregular, rhythm.FlawMissing, rhythm.FlawWide:
		r.Args = []any{Share(f.Value), Share(f.Limit)}
	case rhythm.FlawLoose:
		r.Args = []any{Share(f.Value)}
	case rhythm.FlawShort:
		r.Args = []any{Length(f.Value * float64(time.Second)), Length(f.Limit * float64(time.Second))}
	case rhythm.FlawSessions:
		r.Args = []any{int(f.Value)}
	default:
		r.Args = []any{f.Value, f.Limit}
	}
	return r
}

// The types of arguments that are said in their own way. A time.Duration is a period; a
// float64 is given to two digits, or whole from 100 on.
type (
	Share  float64       // 0 to 1
	Jitter float64       // of a period, which it is a share of
	Ratio  float64       // how many times as many
	Moment int64         // ns since the Unix epoch
	Length time.Duration // how long something lasted
	Clocks struct {      // times of day
		Since       []time.Duration // midnight UTC
		First, Last int64           // of the calls that they are of, ns since the Unix epoch
	}
)

// maxClocks is the most times of day that are named; a job that runs each half hour has 48.
const maxClocks = 6

// Text returns the reason in words, its times in a zone.
func (r Reason) Text(zone words.Zone) string {
	said := make([]any, len(r.Args))
	for i, arg := range r.Args {
		said[i] = say(arg, zone)
	}
	text, ok := texts[r.Code]
	if !ok {
		text = flawTexts[rhythm.FlawCode(r.Code)]
	}
	return fmt.Sprintf(text, said...)
}

func say(arg any, zone words.Zone) string {
	switch v := arg.(type) {
	case string:
		return v
	case int:
		return words.Thousands(int64(v))
	case float64:
		if v >= 100 {
			return words.Thousands(int64(math.Round(v)))
		}
		return words.Small(v)
	case time.Duration:
		return words.Period(v)
	case Length:
		return words.Length(time.Duration(v))
	case Moment:
		return zone.Second(int64(v))
	case Clocks:
		return zone.Clocks(v.Since, maxClocks, v.First, v.Last)
	case Share:
		return sayShare(float64(v))
	case Jitter:
		return sayJitter(float64(v))
	case Ratio:
		return sayRatio(float64(v))
	}
	return fmt.Sprint(arg)
}

// sayShare returns a share in whole percent; only nothing is 0% and only all is 100%.
func sayShare(v float64) string {
	switch p := math.Round(v * 100); {
	case p <= 0 && v > 0:
		return "less than 1%"
	case p >= 100 && v < 1:
		return "more than 99%"
	}
	return words.Percent(v)
}

// sayJitter returns a jitter in whole percent, a smaller one than 1% in hundredths, rounded up.
func sayJitter(v float64) string {
	if math.Round(v*100) > 0 {
		return words.Percent(v)
	}
	return strconv.FormatFloat(math.Ceil(v*1e4)/100, 'f', -1, 64) + "%"
}

func sayRatio(v float64) string {
	switch {
	case v >= 1000:
		return "over 1000 times"
	case v >= 10:
		return strconv.FormatFloat(v, 'f', 0, 64) + " times"
	}
	return strconv.FormatFloat(v, 'f', 1, 64) + " times"
}

// Texts returns the reasons in words, their times in a zone.
func Texts(reasons []Reason, zone words.Zone) []string {
	list := make([]string, len(reasons))
	for i, r := range reasons {
		list[i] = r.Text(zone)
	}
	return list
}
