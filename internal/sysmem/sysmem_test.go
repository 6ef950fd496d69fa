package sysmem

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// The least of the machine's memory and of the limits of the process's cgroup and of those
// above it counts.
func TestTotal(t *testing.T) {
	const machine = "MemTotal:        8388608 kB\n"
	for name, test := range map[string]struct {
		files map[string]string
		want  int64
	}{
		"nothing is told":         {nil, 0},
		"a machine":               {map[string]string{"proc/meminfo": machine}, 8 << 30},
		"version 2":               {map[string]string{"proc/meminfo": machine, "proc/self/cgroup": "0::/a.slice/b\n", "sys/fs/cgroup/a.slice/b/memory.max": "1073741824\n"}, 1 << 30},
		"no limit":                {map[string]string{"proc/meminfo": machine, "proc/self/cgroup": "0::/a\n", "sys/fs/cgroup/a/memory.max": "max\n"}, 8 << 30},
		"a limit above":           {map[string]string{"proc/meminfo": machine, "proc/self/cgroup": "0::/a/b\n", "sys/fs/cgroup/a/memory.max": "536870912\n", "sys/fs/cgroup/a/b/memory.max": "max\n"}, 512 << 20},
		"a container's own root":  {map[string]string{"proc/meminfo": machine, "proc/self/cgroup": "0::/\n", "sys/fs/cgroup/memory.max": "268435456\n"}, 256 << 20},
		"version 1":               {map[string]string{"proc/meminfo": machine, "proc/self/cgroup": "5:cpu:/c\n4:memory:/c\n", "sys/fs/cgroup/memory/c/memory.limit_in_bytes": "2147483648\n"}, 2 << 30},
		"more than the machine":   {map[string]string{"proc/meminfo": machine, "proc/self/cgroup": "4:memory:/c\n", "sys/fs/cgroup/memory/c/memory.limit_in_bytes": "9223372036854771712\n"}, 8 << 30},
		"a limit without meminfo": {map[string]string{"proc/self/cgroup": "0::/a\n", "sys/fs/cgroup/a/memory.max": "1073741824\n"}, 1 << 30},
	} {
		root := t.TempDir()
		for file, text := range test.files {
			at := filepath.Join(root, file)
			require.NoError(t, os.MkdirAll(filepath.Dir(at), 0o700))
			require.NoError(t, os.WriteFile(at, []byte(text), 0o600))
		}
		require.Equal(t, test.want, totalOf(root), name)
	}
}
