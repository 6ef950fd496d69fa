package main

import (
	"bufio"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
)

// log is a kind of log that is measured on.
type log struct {
	name  string
	write func(b *bench, path string) error
	large bool // deleted once measured
}

// Logs: what beacon simulate office writes, and others.
var (
	officeCSV     = log{name: "office.csv", write: office(1)}
	officeSnappy  = log{name: "office-snappy.parquet", write: office(1)}
	officeZstd    = log{name: "office-zstd.parquet", write: office(1, "--compression", "zstd")}
	officePlain   = log{name: "office-plain.parquet", write: office(1, "--plain-addresses")}
	officeGzip    = log{name: "office.csv.gz", write: compress(officeCSV)}
	officeParts   = log{name: "office-parts", write: writeParts}
	officeMembers = log{name: "office-members.csv.gz", write: writeMembers}
	officeZeek    = log{name: "office-zeek.json", write: converted("zeek-json"), large: true}
	officeZeekTSV = log{name: "office-zeek.log", write: converted("zeek"), large: true}
	officeZeekGz  = log{name: "office-zeek.log.gz", write: compress(officeZeekTSV), large: true}
	officeArrow   = log{name: "office.arrow", write: converted("arrow"), large: true}
	officeSSL     = log{name: "office-ssl.log", write: named("ssl", sslColumns, sslRest), large: true}
	officeHTTP    = log{name: "office-http.log", write: named("http", httpColumns, httpRest), large: true}
	officeLong    = log{name: "office-4.csv", write: office(4), large: true}
	manyAddresses = log{name: "addresses.csv", write: writeAddresses(addresses, appendIPv4)}
	million4      = log{name: "million-ipv4.csv", write: writeAddresses(million, appendIPv4)}
	million6      = log{name: "million-ipv6.csv", write: writeAddresses(million, appendIPv6)}
	flagged10     = log{name: "flagged-10.csv", write: writeFlagged(10)}
	flagged10000  = log{name: "flagged-10000.csv", write: writeFlagged(allFlagged)}
	files10000    = log{name: "files", write: writeFiles, large: true}
	filesJoined   = log{name: "files.csv", write: writeJoined}
	packets       = log{name: "packets.pcap", write: writePackets, large: true}
)

// path is where a log lies; it is written if it doesn't stand there yet.
func (b *bench) path(l log) (string, error) {
	path := filepath.Join(b.dir, "scale-"+strconv.FormatFloat(b.scale, 'g', -1, 64), l.name)
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		return path, err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return "", err
	}
	fmt.Fprintf(os.Stderr, "writing %s\n", path)
	partial := filepath.Join(filepath.Dir(path), "partial-"+l.name)
	defer os.RemoveAll(partial) // may be a folder
	if err := l.write(b, partial); err != nil {
		return "", err
	}
	return path, os.Rename(partial, path)
}

// open opens another log to be read.
func (b *bench) open(l log) (*os.File, error) {
	path, err := b.path(l)
	if err != nil {
		return nil, err
	}
	return os.Open(path)
}

// office writes the office log at a multiple of the run's scale.
func office(times float64, flags ...string) func(b *bench, path string) error {
	return func(b *bench, path string) error {
		args := append([]string{"simulate", "office", "-o", path, "--scale", strconv.FormatFloat(times*b.scale, 'g', -1, 64)}, flags...)
		return runQuietly(b.beacon, args...)
	}
}

// compress packs another log by gzip, at its default level.
func compress(l log) func(b *bench, path string) error {
	return func(b *bench, path string) error {
		in, err := b.open(l)
		if err != nil {
			return err
		}
		defer in.Close()
		return writeFile(path, func(w io.Writer) error {
			z := gzip.NewWriter(w)
			if _, err := io.Copy(z, in); err != nil {
				return err
			}
			return z.Close()
		})
	}
}

// converted writes the office log in another format.
func converted(format string) func(b *bench, path string) error {
	return func(b *bench, path string) error {
		csv, err := b.path(officeCSV)
		if err != nil {
			return err
		}
		return runQuietly(b.beacon, "convert", csv, "-o", path, "-f", format)
	}
}

func writeFile(path string, write func(w io.Writer) error) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer f.Close()
	w := bufio.NewWriterSize(f, 1<<18)
	if err := write(w); err != nil {
		return err
	}
	if err := w.Flush(); err != nil {
		return err
	}
	return f.Close()
}

// warm reads a file, or all files of a folder, so that they lie in the page cache.
func warm(path string) error {
	return filepath.WalkDir(path, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		return warmFile(path)
	})
}

func warmFile(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = io.CopyBuffer(struct{ io.Writer }{io.Discard}, struct{ io.Reader }{f}, make([]byte, 1<<20))
	return err
}
