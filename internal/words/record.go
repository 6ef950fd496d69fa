package words

import (
	"strconv"
	"strings"
)

const (
	maxShownColumns = 10 // columns of a record whose values are shown
	maxShownValue   = 40 // bytes of one
)

// Record returns the columns of a record with their values, cut to a message's length.
func Record(columns, values []string) string {
	var list []string
	for i, column := range columns[:min(len(columns), len(values))] {
		if i == maxShownColumns {
			list = append(list, "and "+strconv.Itoa(len(columns)-i)+" more")
			break
		}
		value := values[i]
		if len(value) > maxShownValue {
			value = value[:maxShownValue] + "..."
		}
		list = append(list, column+"="+strconv.Quote(value))
	}
	return strings.Join(list, ", ")
}
