// Command release builds what is published of beacon: static binaries in archives, packages
// for Debian and Red Hat, checksums, and what each binary is made of. It is a module of its
// own, so that its libraries are no part of beacon's. Run it in this folder: go run .
//
// The same commit gives the same bytes: times are the commit's, owners are root, and
// paths are trimmed.
package main

import (
	"crypto/sha256"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// repository is the main module, seen from this one.
const repository = "../.."

// maxBinary is the most that a binary may take, in bytes. What usually breaks it is a
// library that finds methods by name (html/template): then the linker keeps every method.
const maxBinary = 30_000_000

// target is a system that beacon is built for.
type target struct{ system, arch string }

var targets = []target{
	{"linux", "amd64"}, {"linux", "arm64"}, {"darwin", "amd64"}, {"darwin", "arm64"},
	{"windows", "amd64"}, {"windows", "arm64"}, {"freebsd", "amd64"}, {"freebsd", "arm64"},
}

func (t target) String() string { return t.system + "/" + t.arch }

// release is one release that is being built.
type release struct {
	out     string // the folder that it is written to
	version string // as git describes the commit
	commit  string
	date    time.Time // of the commit
}

func main() {
	out := flag.String("o", repository+"/dist", "write to this `folder`, which is emptied")
	only := flag.String("only", "", "build for these `targets` only, such as linux/amd64,darwin/arm64")
	flag.Parse()
	if err := run(*out, *only); err != nil {
		fmt.Fprintln(os.Stderr, "release:", err)
		os.Exit(1)
	}
}

func run(out, only string) error {
	r, err := newRelease(out)
	if err != nil {
		return err
	}
	if err := os.RemoveAll(out); err != nil {
		return err
	}
	work, err := os.MkdirTemp("", "beacon-release-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	if err := os.MkdirAll(out, 0o755); err != nil {
		return err
	}
	share, err := r.share(work)
	if err != nil {
		return err
	}
	for _, t := range targets {
		if only != "" && !slices.Contains(strings.Split(only, ","), t.String()) {
			continue
		}
		if err := r.build(t, work, share); err != nil {
			return fmt.Errorf("%s: %w", t, err)
		}
	}
	return r.checksums()
}

func newRelease(out string) (*release, error) {
	version, err := git("describe", "--tags", "--always", "--dirty")
	if err != nil {
		return nil, err
	}
	commit, err := git("rev-parse", "--short=12", "HEAD")
	if err != nil {
		return nil, err
	}
	stamp, err := git("log", "-1", "--format=%cI")
	if err != nil {
		return nil, err
	}
	date, err := time.Parse(time.RFC3339, stamp)
	return &release{out: out, version: version, commit: commit, date: date.UTC()}, err
}

func git(args ...string) (string, error) {
	text, err := exec.Command("git", append([]string{"-C", repository}, args...)...).Output()
	if err != nil {
		return "", fmt.Errorf("git %s: %w", args[0], err)
	}
	return strings.TrimSpace(string(text)), nil
}

// compile builds the binary of a target.
func (r *release) compile(t target, path string) error {
	const p = "beacon/internal/build."
	stamp := "-s -w -X " + p + "version=" + r.version + " -X " + p + "commit=" + r.commit + " -X " + p + "date=" + r.date.Format(time.RFC3339)
	path, err := filepath.Abs(path)
	if err != nil {
		return err
	}
	args := []string{"build", "-trimpath", "-buildvcs=false", "-ldflags", stamp}
	if t.arch != "amd64" { // no fused multiply-add, as make build has it: findings have the same digits everywhere
		args = append(args, "-gcflags=all=-d=fmahash=qn")
	}
	cmd := exec.Command("go", append(args, "-o", path, "./cmd/beacon")...)
	cmd.Dir, cmd.Stderr = repository, os.Stderr
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=", "GOOS="+t.system, "GOARCH="+t.arch, "GOAMD64=v1")
	return cmd.Run()
}

// share writes the manual pages and completions with a binary for this machine, and returns
// the files in their places below /usr/share.
func (r *release) share(work string) ([]file, error) {
	beacon := filepath.Join(work, "beacon")
	if err := r.compile(host(), beacon); err != nil {
		return nil, err
	}
	pages := filepath.Join(work, "man")
	if err := os.Mkdir(pages, 0o755); err != nil {
		return nil, err
	}
	if err := exec.Command(beacon, "man", pages).Run(); err != nil {
		return nil, fmt.Errorf("beacon man: %w", err)
	}
	var files []file
	entries, err := os.ReadDir(pages)
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		text, err := os.ReadFile(filepath.Join(pages, e.Name()))
		if err != nil {
			return nil, err
		}
		files = append(files, file{"share/man/man" + strings.TrimPrefix(filepath.Ext(e.Name()), ".") + "/" + e.Name(), text, 0o644})
	}
	for _, c := range [][2]string{{"bash", "share/bash-completion/completions/beacon"}, {"zsh", "share/zsh/site-functions/_beacon"}, {"fish", "share/fish/vendor_completions.d/beacon.fish"}} {
		text, err := exec.Command(beacon, "completion", c[0]).Output()
		if err != nil {
			return nil, fmt.Errorf("beacon completion %s: %w", c[0], err)
		}
		files = append(files, file{c[1], text, 0o644})
	}
	licences, err := exec.Command(beacon, "licenses", "--full").Output()
	if err != nil {
		return nil, fmt.Errorf("beacon licenses: %w", err)
	}
	return append(files, file{"share/doc/beacon/licenses.txt", licences, 0o644}), nil
}

// build builds a target: its binary, what it is made of, its archive and its packages.
func (r *release) build(t target, work string, share []file) error {
	name := "beacon"
	if t.system == "windows" {
		name += ".exe"
	}
	path := filepath.Join(work, t.system+"-"+t.arch+"-"+name)
	if err := r.compile(t, path); err != nil {
		return err
	}
	binary, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	fmt.Printf("%-14s %.1f MB\n", t, float64(len(binary))/1e6)
	if len(binary) > maxBinary {
		return fmt.Errorf("the binary has %d bytes, more than the %d that it may", len(binary), maxBinary)
	}
	base := filepath.Join(r.out, fmt.Sprintf("beacon_%s_%s_%s", r.packageVersion(), t.system, t.arch))
	if err := r.writeSBOM(base+".cdx.json", path, binary); err != nil {
		return err
	}
	if t.system == "windows" {
		return r.writeZip(base+".zip", []file{{name, binary, 0o755}, share[len(share)-1]})
	}
	files := append([]file{{"bin/" + name, binary, 0o755}}, share...)
	if err := r.writeTar(base+".tar.gz", files); err != nil {
		return err
	}
	if t.system != "linux" {
		return nil
	}
	return r.writePackages(t, files)
}

// checksums writes SHA256SUMS, which sha256sum -c reads.
func (r *release) checksums() error {
	entries, err := os.ReadDir(r.out)
	if err != nil {
		return err
	}
	if len(entries) == 0 {
		return errors.New("there is no such target")
	}
	var b strings.Builder
	for _, e := range entries {
		data, err := os.ReadFile(filepath.Join(r.out, e.Name()))
		if err != nil {
			return err
		}
		fmt.Fprintf(&b, "%x  %s\n", sha256.Sum256(data), e.Name())
	}
	return os.WriteFile(filepath.Join(r.out, "SHA256SUMS"), []byte(b.String()), 0o644)
}
