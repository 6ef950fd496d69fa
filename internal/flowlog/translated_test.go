package flowlog

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"beacon/internal/flowlog/translated"

	"github.com/stretchr/testify/require"
)

// Translated names are of canonical columns, normalised, and of one column only, which no
// English name has.
func TestTranslatedNames(t *testing.T) {
	seen := map[string]string{}
	for _, r := range roles {
		for name := range strings.FieldsSeq(r.names) {
			seen[name] = r.name
		}
	}
	for _, column := range slices.Sorted(maps.Keys(translated.Names)) {
		require.Contains(t, MapKeys(), column)
		for name := range strings.FieldsSeq(translated.Names[column]) {
			require.Equal(t, NormalName(name), name)
			require.Empty(t, seen[name], "%s is a name of %s too", name, column)
			seen[name] = column
		}
	}
	found, err := MatchNames([]string{"Date", "Heure", "IP-Adresse", "Adresse IP source", "Adresse IP destination", "Port source", "Durée (s)"}, nil)
	require.NoError(t, err)
	require.Equal(t, map[string][]int{"timestamp": {1}, "src_ip": {3}, "dst_ip": {4}, "src_port": {5}, "duration": {6}}, found)
}
