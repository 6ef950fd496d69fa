package timelayout

import "testing"

func TestNarrowBlankBeforeHalf(t *testing.T) {
	if f, ok := MonthFirst[0].Parse([]byte("3/4/2022, 9:59:50\u202fPM")); !ok || f.Hour != 21 {
		t.Fatal(f, ok)
	}
}
