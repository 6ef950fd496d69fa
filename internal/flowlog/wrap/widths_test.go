package wrap

import (
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"beacon/internal/flowlog"
)

// Columns are cut where they begin on a screen, whatever the script of a header or a value, and
// whether values are aligned to the left or to the right.
func TestWidths(t *testing.T) {
	for text, want := range map[string]string{
		"Start time           Source IP  Destination\n2020-03-15 08:11:00  10.0.0.5   192.0.2.7\n":                       "Start time\tSource IP\tDestination\n2020-03-15 08:11:00\t10.0.0.5\t192.0.2.7\n",
		"时间                 源地址    目的地址   协议\n2020-03-15 08:11:00  10.0.0.5  192.0.2.7  TCP\n":                           "时间\t源地址\t目的地址\t协议\n2020-03-15 08:11:00\t10.0.0.5\t192.0.2.7\tTCP\n",
		"日時                 送信元IP  宛先IP     メモ      宛先ポート\n2020-03-15 08:11:00  10.0.0.5  192.0.2.7  社内端末  443\n":        "日時\t送信元IP\t宛先IP\tメモ\t宛先ポート\n2020-03-15 08:11:00\t10.0.0.5\t192.0.2.7\t社内端末\t443\n",
		"时间                   源地址       目的地址       协议\n2020-03-15 08:11:00  10.0.0.5  192.0.2.7  TCP\n":                  "时间\t源地址\t目的地址\t协议\n2020-03-15 08:11:00\t10.0.0.5\t192.0.2.7\tTCP\n", // padded by characters
		"   Bytes           Start time  Source IP  Destination\n10003020  2020-03-15 08:11:00   10.0.0.5    192.0.2.7\n": "Bytes\tStart time\tSource IP\tDestination\n10003020\t2020-03-15 08:11:00\t10.0.0.5\t192.0.2.7\n",
	} {
		open := sniffWidths(flowlog.Head(text), nameStarts)
		require.NotNil(t, open, text)
		got, err := io.ReadAll(open(strings.NewReader(text)))
		require.NoError(t, err)
		require.Equal(t, want, string(got))
	}
	for ch, want := range map[rune]int{'a': 1, 'é': 1, 'я': 1, '时': 2, 'の': 2, 'タ': 2, 'ー': 2, '한': 2, 'Ａ': 2, '　': 2, 'ｱ': 1, '€': 1} {
		require.Equal(t, want, cellsOf(ch), string(ch))
	}
}
