package engine

import (
	"bufio"
	"fmt"
	"os"
)

// machineMemory is the machine's memory in bytes, or what a container may use
// of it; 0 where the system doesn't tell.
func machineMemory() int64 {
	total := meminfo()
	for _, path := range []string{"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"} {
		var limit int64
		if text, err := os.ReadFile(path); err == nil {
			if _, err := fmt.Sscan(string(text), &limit); err == nil && limit > 0 && (total == 0 || limit < total) {
				total = limit
			}
		}
	}
	return total
}

func meminfo() int64 {
	f, err := os.Open("/proc/meminfo")
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
