package when

import (
	"fmt"
	"strings"
	"time"
)

// maxOffset is how far from UTC clocks are at most, as in the tz database, rounded up.
const maxOffset = 16 * time.Hour

// LoadZone returns the zone that --tz names: one of the tz database, or the same offset from
// UTC all year, such as +02:00, -0330 or UTC+2.
func LoadZone(name string) (*time.Location, error) {
	text := strings.TrimPrefix(strings.TrimPrefix(name, "UTC"), "GMT")
	if text == "" || text[0] != '+' && text[0] != '-' {
		return time.LoadLocation(name)
	}
	for _, layout := range [...]string{"15:04", "1504", "15", "3"} {
		clock, err := time.Parse(layout, text[1:])
		if err != nil {
			continue
		}
		offset := time.Duration(clock.Hour())*time.Hour + time.Duration(clock.Minute())*time.Minute
		if offset > maxOffset {
			break
		}
		seconds := int(offset / time.Second)
		if text[0] == '-' {
			seconds = -seconds
		}
		return time.FixedZone(fmt.Sprintf("UTC%c%s", text[0], clock.Format("15:04")), seconds), nil
	}
	return nil, fmt.Errorf("no offset from UTC: %s", name)
}
