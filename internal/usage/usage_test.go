package usage

import (
	"errors"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestChoose(t *testing.T) {
	got, err := Choose("rule", " Rhythm", []string{"every-minute", "rhythm"})
	require.NoError(t, err)
	assert.Equal(t, "rhythm", got)
	hint := func(value string, list []string) string {
		_, err := Choose("rule", value, list)
		var wrong *Error
		require.ErrorAs(t, err, &wrong)
		assert.EqualError(t, err, "--rule "+value+": there is no such value")
		return wrong.Hint
	}
	assert.Equal(t, "did you mean rhythm? one of every-minute, rhythm", hint("rythm", []string{"every-minute", "rhythm"}))
	assert.Equal(t, "one of a, b", hint("quite else", []string{"a", "b"}))
	long := append(strings.Split(strings.Repeat("filler ", maxListed), " "), "rhythm")
	assert.Equal(t, "did you mean rhythm?", hint("rythm", long))
	assert.Contains(t, hint("quite else", long), "one of filler, ")
}

// The flags' library never speaks for itself.
func TestFlagError(t *testing.T) {
	for _, c := range []struct{ args, want string }{
		{"--nope", "there is no flag --nope"},
		{"-x", "there is no flag -x"},
		{"-qx", "there is no flag -x"},
		{"--number", "--number needs a value"},
		{"-n", "--number needs a value"},
		{"--number many", "--number many: not a whole number"},
		{"-n many", "--number many: not a whole number"},
		{"--share half", "--share half: not a number"},
		{"--quiet=perhaps", "--quiet perhaps: must be true or false"},
		{"--=x", "--=x is no flag"},
	} {
		cmd := &cobra.Command{Use: "tool", SilenceErrors: true, SilenceUsage: true, RunE: func(*cobra.Command, []string) error { return nil }}
		cmd.Flags().IntP("number", "n", 0, "")
		cmd.Flags().Float64("share", 0, "")
		cmd.Flags().BoolP("quiet", "q", false, "")
		cmd.SetFlagErrorFunc(FlagError)
		cmd.SetArgs(strings.Fields(c.args))
		err := cmd.Execute()
		require.EqualError(t, err, c.want, c.args)
		assert.ErrorAs(t, err, new(*Error))
	}
}

func TestArgs(t *testing.T) {
	cmd := &cobra.Command{Use: "tool OLD NEW -o FILE"}
	require.NoError(t, Exactly(2)(cmd, []string{"a", "b"}))
	require.NoError(t, AtLeast(1)(cmd, []string{"a", "b"}))
	assert.EqualError(t, Exactly(2)(cmd, []string{"a"}), "tool takes OLD NEW, and 1 argument was given")
	assert.EqualError(t, AtLeast(1)(cmd, nil), "tool needs OLD NEW")
	assert.EqualError(t, Exactly(0)(&cobra.Command{Use: "tool"}, []string{"a"}), `tool takes no arguments, and "a" is one`)
	assert.True(t, errors.As(Errorf("hint", "text"), new(*Error)))
}
