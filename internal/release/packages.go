package main

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/goreleaser/nfpm/v2"
	_ "github.com/goreleaser/nfpm/v2/deb"
	"github.com/goreleaser/nfpm/v2/files"
	_ "github.com/goreleaser/nfpm/v2/rpm"
)

// packageVersion returns the version as packages have it: that of the tag, or for a commit
// without one 0.0.0, its day and its name.
func (r *release) packageVersion() string {
	if v, ok := strings.CutPrefix(r.version, "v"); ok {
		return strings.ReplaceAll(v, "-", "+")
	}
	return fmt.Sprintf("0.0.0+%s.%s", r.date.Format("20060102"), strings.ReplaceAll(r.version, "-", "."))
}

// writePackages writes a package for Debian and one for Red Hat.
func (r *release) writePackages(t target, list []file) error {
	dir, err := os.MkdirTemp("", "beacon-package-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	var contents files.Contents
	for i, f := range list {
		if strings.HasPrefix(f.path, "share/man/") {
			if f, err = packed(f); err != nil {
				return err
			}
		}
		source := filepath.Join(dir, fmt.Sprint(i))
		if err := os.WriteFile(source, f.data, f.mode); err != nil {
			return err
		}
		contents = append(contents, &files.Content{Source: source, Destination: "/usr/" + f.path,
			FileInfo: &files.ContentFileInfo{Mode: f.mode, MTime: r.date, Owner: "root", Group: "root"}})
	}
	for _, kind := range []string{"deb", "rpm"} {
		info := nfpm.WithDefaults(&nfpm.Info{
			Name: "beacon", Arch: t.arch, Platform: "linux", Version: r.packageVersion(), VersionSchema: "none", MTime: r.date,
			Section: "net", Priority: "optional", Maintainer: "the authors of beacon <root@localhost>", DisableGlobbing: true,
			Description:  "Find beaconing in flow logs\nbeacon reads a log of who talked to whom, finds the external destinations that\nare called on a schedule, names the hosts that call them, and says why.",
			Overridables: nfpm.Overridables{Contents: contents, Recommends: []string{"bash-completion"}, RPM: nfpm.RPM{BuildHost: "localhost", Summary: "Find beaconing in flow logs"}},
		})
		if err := nfpm.PrepareForPackager(info, kind); err != nil {
			return err
		}
		packager, err := nfpm.Get(kind)
		if err != nil {
			return err
		}
		var b bytes.Buffer
		if err := packager.Package(info, &b); err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(r.out, packager.ConventionalFileName(info)), b.Bytes(), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// packed returns a manual page as distributions hold it, compressed by gzip.
func packed(f file) (file, error) {
	var b bytes.Buffer
	zip, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		return f, err
	}
	if _, err := zip.Write(f.data); err != nil {
		return f, err
	}
	if err := zip.Close(); err != nil {
		return f, err
	}
	return file{f.path + ".gz", b.Bytes(), f.mode}, nil
}
