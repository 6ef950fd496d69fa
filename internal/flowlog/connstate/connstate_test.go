package connstate_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"beacon/internal/flowlog/connstate"
)

func TestFailed(t *testing.T) {
	for text, failed := range map[string]int64{
		"S0": 1, "REJ": 1, "RSTOS0": 1, "SH": 1, "SF": 0, "S1": 0, "RSTO": 0, "OTH": 0, // Zeek's conn_state
		"S": 1, "Sr": 1, "D": 1, "ShADadFf": 0, "Dd": 0, "^d": 0, // its history
		"new": 1, "established": 0, "closed": 0, // Suricata
		"REQ": 1, "INT": 1, "S_": 1, "S_RA": 1, "CON": 0, "FSPA_FSPA": 0, "SRPA_SPA": 0, // Argus
		"......S.": 1, "...AP.SF": 0, ".A....S.": 0, " S ": 1, "2": 1, "0x02": 1, "27": 0, "18": 0, "0": 0, // flags
		"": 0, "-": 0, "unknown": 0, "SOMETHING ELSE THAT IS LONG": 0,
	} {
		require.Equal(t, failed, connstate.Failed([]byte(text)), text)
	}
}
