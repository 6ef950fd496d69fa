package settings

import (
	"strings"
	"testing"

	"github.com/pelletier/go-toml/v2"
	"github.com/spf13/pflag"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestUnknown(t *testing.T) {
	environment := []string{"BEACON_SLOTZ=5", "BEACON_MIN_PERIOD=5s", "BEACON_CLICKHOUSE_PASSWORD=x", "BEACON_TEST_MAIN=1", "BEACON_SHARED=x", "HOME=/", "BEACON_HOME=/srv", "BEACON_AGENT_ID"}
	near, far := Unknown(environment, []string{"slots", "min-period"})
	assert.Equal(t, []Mistyped{{"BEACON_SLOTZ", "BEACON_SLOTS"}}, near)
	assert.Equal(t, []string{"BEACON_AGENT_ID", "BEACON_HOME"}, far, "of other programs")
}

func TestSyntaxError(t *testing.T) {
	for text, want := range map[string]string{
		"a = 1\nb = = 2\n": `line 2: `,
		"a = 1\na = 2\n":   `line 2: a: `,
	} {
		var v map[string]any
		err := toml.Unmarshal([]byte(text), &v)
		require.Error(t, err)
		got := SyntaxError([]byte(text), err).Error()
		assert.True(t, strings.HasPrefix(got, want), got)
		assert.NotContains(t, got, "toml:")
	}
}

func TestWrite(t *testing.T) {
	f := pflag.NewFlagSet("", pflag.ContinueOnError)
	f.Int("slots", 60, "")
	f.StringSlice("by", nil, "")
	var b strings.Builder
	require.NoError(t, Write(&b, f, []string{"by", "slots", "absent"}, map[string]string{"slots": "BEACON_SLOTS"}))
	assert.Equal(t, "SETTING  VALUE  FROM\nby       -      default\nslots    60     BEACON_SLOTS\n", b.String())
}
