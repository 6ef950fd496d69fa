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
