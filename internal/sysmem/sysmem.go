// Package sysmem tells how much memory there is.
package sysmem

import (
	"bufio"
	"cmp"
	"fmt"
	"os"
	"path"
	"slices"
	"strings"
)

// Total returns the machine's memory in bytes, or what the process's
// cgroup allows where that is less; 0 where the system doesn't tell.
func Total() int64 { return totalOf("/") }

// Default returns how much memory, in bytes, is used where nobody says: a quarter of Total,
// or 1 GiB where that isn't known.
func Default() int64 { return cmp.Or(Total()/4, 1<<30) }

// totalOf returns what Total does, of the system whose files lie below root.
func totalOf(root string) int64 {
	total := meminfo(root)
	for _, file := range cgroupLimits(root) {
		var limit int64
		if text, err := os.ReadFile(file); err == nil {
			if _, err := fmt.Sscan(string(text), &limit); err == nil && limit > 0 && (total == 0 || limit < total) {
				total = limit
			}
		}
	}
	return total
}

// cgroupLimits returns the files that may hold a memory limit of the process: of
// its cgroup and of those above it, in version 2 and 1 of cgroups. In a container
// the root is the container's own.
func cgroupLimits(root string) (paths []string) {
	text, _ := os.ReadFile(path.Join(root, "proc/self/cgroup"))
	for line := range strings.Lines("0::/\n1:memory:/\n" + string(text)) { // hierarchy:controllers:path
		parts := strings.SplitN(strings.TrimSpace(line), ":", 3)
		if len(parts) != 3 {
			continue
		}
		mount, file := path.Join(root, "sys/fs/cgroup"), "memory.max"
		if slices.Contains(strings.Split(parts[1], ","), "memory") {
			mount, file = mount+"/memory", "memory.limit_in_bytes"
		} else if parts[1] != "" {
			continue
		}
		for dir := path.Clean("/" + parts[2]); ; dir = path.Dir(dir) {
			paths = append(paths, path.Join(mount, dir, file))
			if dir == "/" {
				break
			}
		}
	}
	return paths
}

func meminfo(root string) int64 {
	f, err := os.Open(path.Join(root, "proc/meminfo"))
	if err != nil {
		return 0
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		var kib int64
		if _, err := fmt.Sscanf(lines.Text(), "MemTotal: %d kB", &kib); err == nil {
			return kib << 10
		}
	}
	return 0
}
