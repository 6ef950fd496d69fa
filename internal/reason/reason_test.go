package reason

import (
	"testing"

	"github.com/stretchr/testify/require"

	"beacon/internal/rhythm"
	"beacon/internal/words"
)

// Every rule of thumb that has words fills in all of their places.
func TestFlawTexts(t *testing.T) {
	for code := range flawTexts {
		text := Flaw(rhythm.Flaw{Code: code, Value: 2, Limit: 3}).Text(words.Zone{})
		require.NotEmpty(t, text, code)
		require.NotContains(t, text, "%!", code)
	}
}

// A number is said to two digits up to 99, whole from there on; a jitter below 1% in
// hundredths of it, rounded up.
func TestNumbersInReasons(t *testing.T) {
	for want, arg := range map[string]any{
		"2.3": 2.34, "99": 99.4, "3,268": 3267.7, "100": 99.96 + .04,
		"0%": Jitter(0), "0.01%": Jitter(1e-9), "0.42%": Jitter(.00414), "1%": Jitter(.0149), "35%": Jitter(.35),
	} {
		require.Equal(t, want, say(arg, words.Zone{}), "%v", arg)
	}
}
