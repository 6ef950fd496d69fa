package record

import (
	"beacon/internal/flowlog"
	"beacon/internal/flowlog/clocks"
	"beacon/internal/flowlog/cut"
	"beacon/internal/flowlog/wrap"
)

// findClock finds how a log writes the times in front of its messages, where Stamper
// doesn't know them or --time-format says how: 21/06/2020 may begin with the day or the
// month, as the country of the machine has it. It returns nil where Stamper is enough, and
// an error where the day can't be told from the month.
func (r *Reading) findClock(head flowlog.Head, opt *flowlog.Options) (*clocks.Clock, error) {
	if r.UTC {
		return nil, nil
	}
	var samples []string
	s, stamped := r.stamper, false
	for line := range cut.FirstLines(head) {
		text := wrap.WrittenTime(line)
		timed := s.Header(line).Timed
		if text == nil || timed && opt.TimeFormat == "" || !r.Mine(line) {
			continue
		}
		m := Message{line, &s}
		var v Values
		if r.Read(&m, &v) == "" && v.Text[Time] == nil && v.Text[Clock] == nil && v.Text[End] == nil {
			samples = append(samples, string(text))
			stamped = stamped || timed
		}
	}
	if len(samples) == 0 {
		return nil, nil
	}
	clock, err := flowlog.FindClock(samples, opt)
	if err != nil && stamped {
		return nil, nil
	}
	return &clock, err
}
