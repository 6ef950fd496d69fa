package combine

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"beacon/internal/rhythm"
)

// TestEveryLimitIsNoticed moves each threshold by a quarter both ways: a pinned case notices
// each.
func TestEveryLimitIsNoticed(t *testing.T) {
	together := mixedTimes(t)
	before := pinned(together)
	v := reflect.ValueOf(&limits).Elem()
	for i := range v.NumField() {
		name, was := v.Type().Field(i).Name, v.Field(i).Float()
		for _, factor := range []float64{0.75, 1.25} {
			v.Field(i).SetFloat(was * factor)
			after := pinned(together)
			v.Field(i).SetFloat(was)
			require.NotEqual(t, before, after, "%s times %g is noticed by no case", name, factor)
		}
	}
	require.Equal(t, before, pinned(together))
}

// pinned returns what is said of cases on both sides of each threshold.
func pinned(mixed [2][]int64) string {
	said := []bool{turnCount{110, 500}.fits(), turnCount{140, 500}.fits(), ownRhythm(&rhythm.Result{P: 0.00085}), ownRhythm(&rhythm.Result{P: 0.00115})}
	for _, times := range mixed {
		said = append(said, judgeTogether([][]int64{times}, rhythm.Options{}).P < 0.01)
	}
	return fmt.Sprint(said)
}

// The thresholds that package beacon keeps are noticed on both sides too.
func TestSharedLimitsAreNoticed(t *testing.T) {
	require.False(t, turnCount{2, 21}.fits())
	require.True(t, turnCount{2, 27}.fits())
	require.False(t, takesTurns(&rhythm.Result{P: 1e-9, Miss: 0.22}))
	require.True(t, takesTurns(&rhythm.Result{P: 1e-9, Miss: 0.28}))
}

// mixedTimes returns two series that keep time among other calls, of an unsteadiness a
// little below and a little above the limit.
func mixedTimes(t *testing.T) (found [2][]int64) {
	for seed := range uint64(200) {
		r := rand.New(rand.NewPCG(seed, 1))
		times := append(sleeper(r, 0, daySeconds, 600, 0.01, 0), random(r, daySeconds, float64(60+seed))...)
		slices.Sort(times)
		u := min(rhythm.Unsteadiness(times, 0), rhythm.Unsteadiness(times, retryWaits))
		if rhythm.Judge(times, rhythm.Options{}).P >= 0.001 {
			continue
		}
		switch l := limits.Unsteady; {
		case u > 0.8*l && u < l:
			found[0] = times
		case u > l && u < 1.2*l:
			found[1] = times
		}
	}
	require.NotNil(t, found[0])
	require.NotNil(t, found[1])
	return found
}
