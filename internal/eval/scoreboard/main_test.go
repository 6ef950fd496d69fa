package main

import (
	"io"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestRunSaysWhatItLeavesOut(t *testing.T) {
	var out strings.Builder
	require.NoError(t, run(&out, io.Discard, options{quick: true, only: "acsac,logs,rita,special"}))
	for _, name := range []string{"acsac", "logs", "rita"} {
		assert.Contains(t, out.String(), "Left out: "+name)
	}
	assert.Contains(t, out.String(), "### Special cases")
	assert.NotContains(t, out.String(), "### Labelled logs")
	_, short, ok := strings.Cut(out.String(), "### What falls short\n\n")
	require.True(t, ok)
	assert.Regexp(t, `^(Nothing\.|(- Special cases\. .+\n)+)`, short)
}

func TestRunRefuses(t *testing.T) {
	assert.ErrorContains(t, run(io.Discard, io.Discard, options{only: "gird"}), `no table "gird"; there are grid,`)
	assert.ErrorContains(t, run(io.Discard, io.Discard, options{kinds: []string{"unreachable", "clock-10s", "sleepy"}}), `no kind "sleepy"`)
	assert.Error(t, run(io.Discard, io.Discard, options{data: t.TempDir(), only: "logs"}), "no labelled data where it should be")
}

func TestRunOnTheLabelledData(t *testing.T) {
	data := os.Getenv("BEACON_SHARED")
	if data == "" {
		t.Skip("BEACON_SHARED is not set")
	}
	var out, progress strings.Builder
	require.NoError(t, run(&out, &progress, options{data: data, quick: true, only: "rita,mixed"}))
	assert.Contains(t, out.String(), "### Agreement with RITA v5")
	assert.Contains(t, out.String(), "| missing_host.csv ")
	assert.Contains(t, out.String(), "### A whole simulated log")
	assert.Contains(t, progress.String(), "rita: ")
	assert.NotContains(t, out.String(), "Left out")
}

func TestRunOfSomeKinds(t *testing.T) {
	var out strings.Builder
	require.NoError(t, run(&out, io.Discard, options{quick: true, only: "programs,worlds", kinds: []string{"daily", "updates", "loss-5"}}))
	for _, row := range []string{"| daily ", "| updates ", "| loss-5 "} {
		assert.Contains(t, out.String(), row)
	}
	assert.NotContains(t, out.String(), "| backoff ")
	assert.NotContains(t, out.String(), "| clear ")
}

func TestReadmePage(t *testing.T) {
	var out strings.Builder
	require.NoError(t, run(&out, io.Discard, options{quick: true, only: "special", readme: true}))
	assert.True(t, strings.HasPrefix(out.String(), "# The scoreboard\n"))
	assert.Contains(t, out.String(), "## special\n\n    go run ./internal/eval/scoreboard -only special\n\n### Special cases\n")
}

// The README beside the scoreboard is a page of it: of every part, none that is gone.
func TestReadmeIsOfThisScoreboard(t *testing.T) {
	text, err := os.ReadFile("../README.md")
	require.NoError(t, err)
	page, ok := strings.CutPrefix(string(text), readmeHead)
	require.True(t, ok, "the README begins otherwise: print it anew with -readme")
	for _, name := range names() {
		_, page, ok = strings.Cut(page, "## "+name+"\n\n    go run ./internal/eval/scoreboard -only "+name+"\n\n### ")
		assert.True(t, ok, name)
	}
	assert.Contains(t, page, "### Aims\n")
	assert.Contains(t, page, "### What falls short\n")
}
