package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// profiledMain is beacon's main function with a CPU profile.
const profiledMain = `package main

import (
	"os"
	"runtime/pprof"

	"beacon/internal/cli"
)

func main() {
	f, err := os.Create(os.Getenv("PROFILE"))
	if err == nil {
		err = pprof.StartCPUProfile(f)
	}
	if err != nil {
		panic(err)
	}
	status := cli.Main(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	pprof.StopCPUProfile()
	os.Exit(status)
}
`

// profiledFunctions is how many functions are shown of a profile.
const profiledFunctions = 10

// buildProfiled builds beacon with profiledMain in place of its main function.
func (b *bench) buildProfiled() (program string, err error) {
	main, err := filepath.Abs("../../cmd/beacon/main.go")
	if err != nil {
		return "", err
	}
	instead := filepath.Join(b.dir, "profiled.go")
	overlay, err := json.Marshal(map[string]map[string]string{"Replace": {main: instead}})
	if err != nil {
		return "", err
	}
	if err := os.WriteFile(instead, []byte(profiledMain), 0o644); err != nil {
		return "", err
	}
	list := filepath.Join(b.dir, "overlay.json")
	if err := os.WriteFile(list, overlay, 0o644); err != nil {
		return "", err
	}
	program = filepath.Join(b.dir, "beacon-profiled")
	return program, goBuild("../..", program, "./cmd/beacon", "-overlay", list)
}

// profile runs the jobs of some rows once each and writes the functions that take most of
// the CPU.
func (b *bench) profile(w io.Writer, rows []row) error {
	program, err := b.buildProfiled()
	if err != nil {
		return err
	}
	b.beacon = program
	profile := filepath.Join(b.dir, "cpu.pprof")
	if err := os.Setenv("PROFILE", profile); err != nil {
		return err
	}
	for _, r := range rows {
		path, err := b.path(r.log)
		if err != nil {
			return err
		}
		if err := warm(path); err != nil {
			return err
		}
		if _, _, err := b.detect(path, threads, r.args...); err != nil {
			return err
		}
		text, err := exec.Command("go", "tool", "pprof", "-top", fmt.Sprintf("-nodecount=%d", profiledFunctions), program, profile).Output()
		if err != nil {
			return fmt.Errorf("reading the profile: %w", err)
		}
		_, top, _ := strings.Cut(string(text), "      flat  ")
		fmt.Fprintf(w, "%s:\n\n          flat  %s\n\n", r.name, strings.ReplaceAll(strings.TrimRight(top, "\n"), "\n", "\n    "))
	}
	return nil
}
