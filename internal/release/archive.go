package main

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"os"
	"path"
	"runtime"
)

// file is one file of an archive or package.
type file struct {
	path string // below the folder of the archive, or below /usr
	data []byte
	mode os.FileMode
}

// host returns the target that this program runs on.
func host() target { return target{runtime.GOOS, runtime.GOARCH} }

// folder is that of the files in an archive.
func (r *release) folder() string { return "beacon_" + r.packageVersion() }

// writeTar writes an archive of the files.
func (r *release) writeTar(name string, files []file) error {
	var b bytes.Buffer
	zip, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		return err
	}
	t := tar.NewWriter(zip)
	for _, f := range files {
		h := &tar.Header{Name: path.Join(r.folder(), f.path), Mode: int64(f.mode), Size: int64(len(f.data)), ModTime: r.date, Typeflag: tar.TypeReg, Format: tar.FormatUSTAR}
		if err := t.WriteHeader(h); err != nil {
			return err
		}
		if _, err := t.Write(f.data); err != nil {
			return err
		}
	}
	if err := t.Close(); err != nil {
		return err
	}
	if err := zip.Close(); err != nil {
		return err
	}
	return os.WriteFile(name, b.Bytes(), 0o644)
}

// writeZip writes an archive of the files for Windows.
func (r *release) writeZip(name string, files []file) error {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, f := range files {
		w, err := z.CreateHeader(&zip.FileHeader{Name: path.Join(r.folder(), path.Base(f.path)), Method: zip.Deflate, Modified: r.date})
		if err != nil {
			return err
		}
		if _, err := w.Write(f.data); err != nil {
			return err
		}
	}
	if err := z.Close(); err != nil {
		return err
	}
	return os.WriteFile(name, b.Bytes(), 0o644)
}
