package page

import (
	"fmt"
	"strconv"

	"beacon/internal/beacon"
	"beacon/internal/words"
)

// evidenceFacts returns the numbers of a destination for people, its times in a zone.
func evidenceFacts(f *beacon.Finding, hasBytes bool, zone words.Zone) []fact {
	e := &f.Day.Evidence
	list := []fact{
		{"slots called", strconv.Itoa(f.Day.Slots)},
		{"slots that chance would fill", fmt.Sprintf("%.1f", e.ChanceSlots)},
		{"chance to hold the rule", words.Tenths(e.ChanceAll)},
		{"flows", words.Thousands(f.Flows)},
		{"first call", zone.Second(f.First)},
		{"last call", zone.Second(f.Last)},
		{"active share of time", words.Tenths(e.ActiveShare)},
		{"active hours of the day", fmt.Sprintf("%.0f of 24", e.ActiveHours*24)},
		{"active runs", words.Thousands(int64(e.Runs))},
		{"median run", words.Length(e.RunLength)},
		{"runs repeated on other days", words.Tenths(e.Regularity)},
		{"busiest 8 hours to quietest", fmt.Sprintf("%.1f", e.DayNight)},
		{"internal addresses that call", words.Tenths(e.Prevalence)},
	}
	if hasBytes {
		list = append(list, fact{"bytes", words.Thousands(f.Bytes)})
	}
	if len(e.RunTimes) > 0 {
		list = append(list, fact{"runs begin near", zone.Clocks(e.RunTimes, len(e.RunTimes), f.First, f.Last)})
	}
	return list
}

// scheduleFacts returns the numbers of a schedule for people, its times in a zone.
func scheduleFacts(p *beacon.Finding, hasBytes bool, zone words.Zone) []fact {
	list := []fact{
		{"flows", words.Thousands(p.Flows)},
		{"calls, without retries", words.Thousands(p.Calls)},
		{"first call", zone.Second(p.First)},
		{"last call", zone.Second(p.Last)},
		{"p-value", words.Small(p.Schedule.P)},
		{"q-value, over everything tried", words.Small(p.Schedule.Q)},
	}
	if hasBytes {
		list = append(list, fact{"bytes", words.Thousands(p.Bytes)})
	}
	if p.Schedule.Period > 0 {
		list = append(list,
			fact{"period", words.Period(p.Schedule.Period)},
			fact{"95% interval", words.Period(p.Schedule.PeriodLow) + " to " + words.Period(p.Schedule.PeriodHigh)},
			fact{"jitter", words.Percents(p.Schedule.Jitter, p.Schedule.JitterLow, p.Schedule.JitterHigh)},
			fact{"missed calls", words.Percents(p.Schedule.Miss, p.Schedule.MissLow, p.Schedule.MissHigh)},
			fact{"calls that keep the rhythm", words.Percent(p.Schedule.Regular)})
	}
	if p.Schedule.Needs > 0 {
		list = append(list, fact{"calls that would decide it", words.Plural(int64(p.Schedule.Needs), "more", "more")})
	}
	for _, size := range []struct {
		name  string
		share float64
	}{{"sizes alike", p.Schedule.Size.Total}, {"sizes sent alike", p.Schedule.Size.Sent}, {"sizes received alike", p.Schedule.Size.Received}} {
		if size.share >= 0 {
			list = append(list, fact{size.name, words.Percent(size.share)})
		}
	}
	return append(list,
		fact{"RITA, score", words.Thousandths(p.Schedule.RITA.Total)},
		fact{"RITA, timing", words.Thousandths(p.Schedule.RITA.TS)},
		fact{"RITA, sizes", words.Thousandths(p.Schedule.RITA.DS)},
		fact{"RITA, duration", words.Thousandths(p.Schedule.RITA.Dur)},
		fact{"RITA, histogram", words.Thousandths(p.Schedule.RITA.Hist)})
}
