package beacon

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

// The codes of reasons, with the meaning of Value.
const (
	ReasonSleep        = "sleep-test"         // p-value
	ReasonClock        = "clock-test"         // p-value
	ReasonEven         = "evenness-test"      // p-value
	ReasonCycle        = "cycle-test"         // p-value
	ReasonSteady       = "steadiness-test"    // p-value
	ReasonWork         = "work"               // longest work in seconds
	ReasonChanged      = "period-changed"     // new period in seconds
	ReasonRetries      = "retried"            // longest wait within a call in seconds
	ReasonSources      = "sources"            // how many keep the schedule
	ReasonDestinations = "destinations"       // how many share the calls
	ReasonListed       = "listed"             // indicators of one source that it matches
	ReasonNew          = "new"                // 0
	ReasonFirstSeen    = "first-seen"         // days
	ReasonDiffers      = "changed"            // how many changes
	ReasonFailed       = "failed"             // flows that were never answered
	ReasonSignificant  = "significant"        // q-value
	ReasonExplained    = "explained"          // q-value; 0 of a destination of the every-minute rule
	ReasonFewCalls     = "few-calls"          // p-value
	ReasonFewForKind   = "few-calls-for-kind" // calls that a rhythm of this kind takes

	ReasonBursts      = "bursts"        // runs a day
	ReasonDiurnal     = "diurnal"       // rate of the busy hours to that of the quiet ones
	ReasonFlat        = "flat"          // rate of the busy hours to that of the quiet ones
	ReasonFlatBrief   = "flat-brief"    // days of the log
	ReasonSparse      = "sparse"        // share of the buckets with a call
	ReasonShortLog    = "short-log"     // days of the log
	ReasonShortRunLog = "short-run-log" // days of the log
	ReasonFewDays     = "few-days"      // runs
	ReasonCallers     = "callers"       // internal addresses
	ReasonSilent      = "silent"        // share of the buckets without a call
	ReasonPrevalence  = "prevalence"    // share of the internal addresses, 0 if unknown
)

// reasonTexts are the words of each code, with a place for each argument.
var reasonTexts = map[string]string{
	ReasonSleep:        "sleep test, p %s: %s of %s intervals lie within %s ±%s; %s of the calls keep the rhythm",
	ReasonClock:        "clock test, p %s: the phase holds at a period of %s (mean vector %s over %s calls)",
	ReasonEven:         "evenness test, p %s: the calls keep to a grid of %s within %s of a period, where random calls would stray by %s",
	ReasonCycle:        "cycle test, p %s: every %s calls make a cycle; %s of %s cycles lie within %s ±%s; %s of the calls keep the rhythm",
	ReasonSteady:       "steadiness test, p %s: as many calls in each stretch of time as in the next, one each %s",
	ReasonWork:         "sleeps %s after its work, which takes up to %s",
	ReasonChanged:      "the period changed from %s to %s at %s",
	ReasonRetries:      "%s are %s: a flow within %s of the one before is its retry",
	ReasonSources:      "%s sources keep this schedule",
	ReasonDestinations: "the calls go to %s destinations in turn",
	ReasonListed:       "listed as a threat by %s: %s",
	ReasonNew:          "new: in none of the earlier findings",
	ReasonFirstSeen:    "first seen %s ago",
	ReasonDiffers:      "changed since the earlier findings: %s",
	ReasonFailed:       "%s of %s flows were never answered",
	ReasonSignificant:  "q %s, at an accepted rate of false ones of %s",
	ReasonExplained:    "explained by %s",
	ReasonFewCalls:     "too few calls: p %s is above %s; about %s more such calls would decide",
	ReasonFewForKind:   "too few calls: q %s, but a rhythm like this takes %s calls",

	ReasonBursts:      "%s a day of about %s near %s on %s of %s days",
	ReasonDiurnal:     "follows the working day: %s hours from %s UTC have %s the calls of the quietest %s, on %s of %s days",
	ReasonFlat:        "day and night alike: the busiest %s hours have %s the calls of the quietest",
	ReasonFlatBrief:   "evenly over the %s of the log, which is too short to tell day from night",
	ReasonSparse:      "a call now and then: in %s of the %s, in %s",
	ReasonShortLog:    "the log covers %s: %s",
	ReasonShortRunLog: "%s of about %s in a log of %s: whether they return at the same times takes two days",
	ReasonCallers:     "%s",
	ReasonFewDays:     "%s of about %s on too few days of the %s of the log to see what returns",
	ReasonSilent:      "silent %s of the time",
	ReasonPrevalence:  "%s of %s internal addresses",
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

// failedReasons returns how many of the flows were never answered, nothing where all were.
func (f *Finding) failedReasons() []Reason {
	if f.Failed == 0 {
		return nil
	}
	return []Reason{{ReasonFailed, float64(f.Failed), []any{int(f.Failed), int(f.Flows)}}}
}

// flawReason returns a rule of thumb as a reason.
func flawReason(f rhythm.Flaw) Reason {
	r := Reason{Code: string(f.Code), Value: f.Value}
	switch f.Code {
	case rhythm.FlawIrregular, rhythm.FlawMissing, rhythm.FlawWide:
		r.Args = []any{share(f.Value), share(f.Limit)}
	case rhythm.FlawLoose:
		r.Args = []any{share(f.Value)}
	case rhythm.FlawShort:
		r.Args = []any{length(f.Value * float64(time.Second)), length(f.Limit * float64(time.Second))}
	case rhythm.FlawSessions:
		r.Args = []any{int(f.Value)}
	default:
		r.Args = []any{f.Value, f.Limit}
	}
	return r
}

// The types of arguments that are said in their own way. A time.Duration is a period; a
// float64 is given to two digits.
type (
	share  float64       // 0 to 1
	ratio  float64       // how many times as many
	moment int64         // ns since the Unix epoch
	length time.Duration // how long something lasted
)

// Text returns the reason in words.
func (r Reason) Text() string {
	said := make([]any, len(r.Args))
	for i, arg := range r.Args {
		said[i] = say(arg)
	}
	text, ok := reasonTexts[r.Code]
	if !ok {
		text = flawTexts[rhythm.FlawCode(r.Code)]
	}
	return fmt.Sprintf(text, said...)
}

func say(arg any) string {
	switch v := arg.(type) {
	case string:
		return v
	case int:
		return words.Thousands(int64(v))
	case float64:
		return words.Small(v)
	case time.Duration:
		return words.Period(v)
	case length:
		return words.Length(time.Duration(v))
	case moment:
		return words.ToSecond(int64(v)) + " UTC"
	case share:
		return sayShare(float64(v))
	case ratio:
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

func sayRatio(v float64) string {
	switch {
	case v >= 1000:
		return "over 1000 times"
	case v >= 10:
		return strconv.FormatFloat(v, 'f', 0, 64) + " times"
	}
	return strconv.FormatFloat(v, 'f', 1, 64) + " times"
}

// Texts returns the reasons in words.
func Texts(reasons []Reason) []string {
	list := make([]string, len(reasons))
	for i, r := range reasons {
		list[i] = r.Text()
	}
	return list
}
