package settings

import (
	"strings"
	"testing"

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

func TestWrite(t *testing.T) {
	f := pflag.NewFlagSet("", pflag.ContinueOnError)
	f.Int("slots", 60, "")
	f.StringSlice("by", nil, "")
	f.Int("top", 0, "")
	f.Int("year", 0, "")
	var b strings.Builder
	require.NoError(t, Write(&b, f, []string{"by", "slots", "absent", "top", "year"}, map[string]string{"slots": "BEACON_SLOTS", "year": "BEACON_YEAR"}))
	assert.Equal(t, "SETTING  VALUE  FROM\nby       -      default\nslots    60     BEACON_SLOTS\ntop      -      default\nyear     0      BEACON_YEAR\n", b.String())
}
