package machine

import (
	"beacon/internal/beacon"
	"beacon/internal/words"
)

// jsonLasting is a finding of the rule of long connections.
type jsonLasting struct {
	jsonFinding
	Longest  float64 `json:"longest_s" doc:"how long the longest connection lasted, in seconds"`
	Began    utc     `json:"longest_began" doc:"when it began"`
	Long     int     `json:"long_connections" doc:"connections of at least --min-duration; calls counts all"`
	Total    float64 `json:"total_s" doc:"how long all connections lasted together, in seconds"`
	Day      utc     `json:"busiest_day" doc:"midnight UTC of the day whose connections lasted longest"`
	DayTotal float64 `json:"busiest_day_s" doc:"how long those lasted that began on it, in seconds"`
}

func lastingJSON(f *beacon.Finding) jsonLasting {
	l := f.Lasting
	return jsonLasting{jsonFinding: findingJSON(f), Longest: l.Longest.Seconds(), Began: utc(words.UTC(l.Began)), Long: l.Long,
		Total: l.Total.Seconds(), Day: utc(words.UTC(l.Day)), DayTotal: l.DayTotal.Seconds()}
}
