package flowlog

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"beacon/internal/flowlog/columnnames"

	"github.com/stretchr/testify/require"
)

// Translated names are of canonical columns, normalised, and of one column only, which no
// English name has.
func TestTranslatedNames(t *testing.T) {
	seen := map[string]string{}
	for _, r := range roles {
		for name := range strings.FieldsSeq(columnnames.English[r.name]) {
			seen[name] = r.name
		}
	}
	for _, column := range slices.Sorted(maps.Keys(columnnames.Translated)) {
		require.Contains(t, MapKeys(), column)
		for name := range strings.FieldsSeq(columnnames.Translated[column]) {
			require.Equal(t, NormalName(name), name)
			require.Empty(t, seen[name], "%s is a name of %s too", name, column)
			seen[name] = column
		}
	}
	found, err := MatchNames([]string{"Date", "Heure", "IP-Adresse", "Adresse IP source", "Adresse IP destination", "Port source", "Durée (s)"}, nil)
	require.NoError(t, err)
	require.Equal(t, map[string][]int{"timestamp": {1}, "src_ip": {3}, "dst_ip": {4}, "src_port": {5}, "duration": {6}}, found)
}

// Where a log names its hosts and has their addresses too, the addresses are the ends.
func TestTranslatedAddressesBeforeHosts(t *testing.T) {
	for _, columns := range [][]string{
		{"Zeit", "Quelle", "Quell-IP", "Ziel", "Ziel-IP"},
		{"Hora", "Origen", "IP origen", "Destino", "Dirección IP destino"},
		{"Horário", "Origem", "IP de origem", "Destino", "Endereço de destino"},
		{"Ora", "Sorgente", "IP sorgente", "Destinazione", "Indirizzo destinazione"},
		{"Heure", "Source", "IP source", "Destination", "IP destination"},
		{"Tijd", "Bron", "Bron-IP", "Doel", "Doel-adres"},
		{"Время", "Источник", "IP источника", "Получатель", "IP получателя"},
		{"时间", "源", "源IP", "目的", "目的IP"},
		{"日時", "送信元", "送信元IP", "宛先", "宛先アドレス"},
		{"시간", "출발지", "출발지 IP", "목적지", "목적지 IP"},
	} {
		found, err := MatchNames(columns, nil)
		require.NoError(t, err, columns)
		require.Equal(t, map[string][]int{"timestamp": {0}, "src_ip": {2}, "dst_ip": {4}}, found, columns)
	}
}
