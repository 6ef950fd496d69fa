package build

import (
	"runtime/debug"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestOf(t *testing.T) {
	info := &debug.BuildInfo{
		Main: debug.Module{Version: "v1.2.3"},
		Deps: []*debug.Module{{Path: arrowModule, Version: "v15.0.2"}},
		Settings: []debug.BuildSetting{{Key: "vcs.revision", Value: "0123456789abcdef0123"}, {Key: "vcs.time", Value: "2026-01-02T03:04:05Z"},
			{Key: "vcs.modified", Value: "true"}},
	}
	b := of(info, true)
	b.Go = "go1.26.0 linux/amd64"
	require.Equal(t, "beacon v1.2.3\ncommit 0123456789ab+modified of 2026-01-02T03:04:05Z\nbuilt with go1.26.0 linux/amd64 and arrow v15.0.2\n", b.String())
	require.Equal(t, unknown, of(nil, false).Commit)
}
