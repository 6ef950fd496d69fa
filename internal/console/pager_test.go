package console

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestPagerCommand(t *testing.T) {
	for set, want := range map[string]string{"cat": "", "": "", " ": "", "less -R": "less -R"} {
		t.Setenv("PAGER", set)
		assert.Equal(t, want, pagerCommand())
	}
}

func TestRunPager(t *testing.T) {
	var out bytes.Buffer
	assert.True(t, runPager(t.Context(), "tr a-z A-Z; echo $LESS", []byte("text\n"), &out))
	assert.Equal(t, "TEXT\nFRX\n", out.String())
	assert.False(t, runPager(t.Context(), "no-such-pager", []byte("text\n"), new(bytes.Buffer)), "then the text is shown without")
	assert.True(t, runPager(t.Context(), "head -1; exit 1", []byte("1\n2\n"), new(bytes.Buffer)), "it was shown, whatever the pager says at its end")
}
