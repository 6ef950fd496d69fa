package words

import (
	"slices"
	"strings"
	"time"
)

// Zone is the time zone in which times are shown to people. The zero value is UTC. Times are
// nanoseconds since the Unix epoch.
type Zone struct{ location *time.Location }

// ZoneOf returns the zone of a location.
func ZoneOf(location *time.Location) Zone { return Zone{location} }

// At returns a time of the zone.
func (z Zone) At(ns int64) time.Time {
	if z.location == nil {
		return time.Unix(0, ns).UTC()
	}
	return time.Unix(0, ns).In(z.location)
}

// ToMinute returns a time to the minute, without the zone: 2006-01-02 15:04.
func (z Zone) ToMinute(ns int64) string { return z.At(ns).Format("2006-01-02 15:04") }

// ToSecond returns a time to the second, without the zone: 2006-01-02 15:04:05.
func (z Zone) ToSecond(ns int64) string { return z.At(ns).Format("2006-01-02 15:04:05") }

// Second returns a time to the second with its zone: 2006-01-02 15:04:05 UTC.
func (z Zone) Second(ns int64) string { return z.ToSecond(ns) + " " + z.abbreviation(ns) }

// Minute returns a time to the minute with its zone: 2006-01-02 15:04 UTC.
func (z Zone) Minute(ns int64) string { return z.ToMinute(ns) + " " + z.abbreviation(ns) }

// Minutes returns two times to the minute, with the zone of both where it changes between
// them: 2006-01-02 15:04 to 2006-01-03 15:04 UTC.
func (z Zone) Minutes(first, last int64) string { return z.both(first, last, z.ToMinute) }

// Seconds returns two times to the second, as Minutes does.
func (z Zone) Seconds(first, last int64) string { return z.both(first, last, z.ToSecond) }

func (z Zone) both(first, last int64, text func(int64) string) string {
	from, to := z.abbreviation(first), z.abbreviation(last)
	if from == to {
		return text(first) + " to " + text(last) + " " + to
	}
	return text(first) + " " + from + " to " + text(last) + " " + to
}

// abbreviation returns what the zone is called at a time: UTC, CEST, or UTC+03 where it has
// no letters.
func (z Zone) abbreviation(ns int64) string {
	name, _ := z.At(ns).Zone()
	if strings.HasPrefix(name, "+") || strings.HasPrefix(name, "-") {
		return "UTC" + name
	}
	return name
}

// Name returns what the zone is called from a time to another: UTC, CEST, or the name of its
// place where the clocks change in between, Europe/Berlin.
func (z Zone) Name(first, last int64) string {
	if first > last || z.steady(first, last) {
		return z.abbreviation(first)
	}
	return z.Place()
}

// Place returns the name of the zone: UTC, Europe/Berlin.
func (z Zone) Place() string {
	if z.location == nil {
		return "UTC"
	}
	return z.location.String()
}

// steady reports whether the zone's clocks are the same from a time to another.
func (z Zone) steady(first, last int64) bool { return len(z.Offsets(first, last)) == 1 }

// Offset holds what a zone's clocks are ahead of UTC.
type Offset struct {
	From  int64 // ns since the Unix epoch
	Ahead time.Duration
}

// Offsets returns what the zone's clocks are ahead of UTC from a time to another, the first
// from the beginning and the others from each change on.
func (z Zone) Offsets(first, last int64) []Offset {
	t := z.At(first)
	_, ahead := t.Zone()
	list := []Offset{{first, time.Duration(ahead) * time.Second}}
	end := z.At(last)
	for {
		_, next := t.ZoneBounds()
		if next.IsZero() || next.After(end) {
			return list
		}
		t = next
		if _, now := t.Zone(); now != ahead {
			ahead = now
			list = append(list, Offset{t.UnixNano(), time.Duration(ahead) * time.Second})
		}
	}
}

// Clocks returns times of day, given since midnight UTC, as the zone's clocks show them from a
// time to another, in order: 09:05, 17:30 CEST. Where those clocks change in between, the
// times of day stay UTC: they have no single one. Of more than most, the rest is counted.
func (z Zone) Clocks(sinceMidnight []time.Duration, most int, first, last int64) string {
	const day = 24 * time.Hour
	name, ahead := "UTC", time.Duration(0)
	if first > last || z.steady(first, last) {
		name, ahead = z.abbreviation(first), z.Offsets(first, first)[0].Ahead
	}
	local := make([]time.Duration, len(sinceMidnight))
	for i, t := range sinceMidnight {
		local[i] = ((t+ahead)%day + day) % day
	}
	slices.Sort(local)
	most = min(most, len(local))
	return strings.Join(Clocks(local[:most]), ", ") + " " + name + AndMore(len(local)-most)
}
