package wrap

import (
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"beacon/internal/flowlog"
)

// The last message may have fewer bytes than the number before it: what is there is read, and an
// error says so.
func TestFramesCutOff(t *testing.T) {
	const text = "11 <134>1 a\nbc16 <134>1 abcdefghi"
	for n := len("11 <134>1 "); n <= len(text); n++ {
		r := sniffFrames(flowlog.Head(text))(strings.NewReader(text[:n]))
		got, err := io.ReadAll(r)
		switch {
		case n == len(text):
			require.NoError(t, err)
			require.Equal(t, "<134>1 a bc\n<134>1 abcdefghi\n", string(got))
		case n == len("11 <134>1 a\nbc"):
			require.NoError(t, err)
			require.Equal(t, "<134>1 a bc\n", string(got))
		default:
			require.Error(t, err, text[:n])
		}
	}
}

// A line whose last piece is missing is kept, as one that can't be read, before the next line and
// at the end.
func TestContainerLinesCutOff(t *testing.T) {
	const time = "2020-03-07T00:00:00.1Z stdout "
	for text, want := range map[string]string{
		time + "P {\"a\n" + time + "F \":1}\n" + time + "P {\"b\n": "{\"a\":1}\n{\"b\n",
		time + "P {\"a\n" + "none\n" + time + "F {}\n":             "{\"a\nnone\n{}\n",
		time + "F {}\n" + time + "F {}":                            "{}\n{}\n",
	} {
		got, err := io.ReadAll(sniffContainer(flowlog.Head(time + "F {}\n"))(strings.NewReader(text)))
		require.NoError(t, err)
		require.Equal(t, want, strings.Join(strings.Fields(string(got)), "\n")+"\n", text)
	}
}
