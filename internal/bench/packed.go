package main

import (
	"bufio"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

const (
	packedFiles = 4        // that the office log is cut into
	memberBytes = 64 << 10 // of a member, as bgzip cuts them
)

// writeParts writes the office log as a folder of a few packed files, each with its header.
func writeParts(b *bench, path string) error {
	in, err := b.open(officeCSV)
	if err != nil {
		return err
	}
	defer in.Close()
	info, err := in.Stat()
	if err != nil {
		return err
	}
	lines := bufio.NewScanner(in)
	if lines.Scan(); lines.Err() != nil {
		return lines.Err()
	}
	header := lines.Text()
	if err := os.MkdirAll(path, 0o755); err != nil {
		return err
	}
	for i := range packedFiles {
		err := writeFile(filepath.Join(path, fmt.Sprintf("flows-%d.csv.gz", i)), func(w io.Writer) error {
			z := gzip.NewWriter(w)
			fmt.Fprintln(z, header)
			for n := 0; n <= int(info.Size())/packedFiles && lines.Scan(); n += len(lines.Bytes()) + 1 {
				fmt.Fprintf(z, "%s\n", lines.Bytes())
			}
			return errors.Join(lines.Err(), z.Close())
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// writeMembers packs the office log as bgzip does, in many members.
func writeMembers(b *bench, path string) error {
	in, err := b.open(officeCSV)
	if err != nil {
		return err
	}
	defer in.Close()
	return writeFile(path, func(w io.Writer) error {
		z := gzip.NewWriter(w)
		for {
			n, err := io.CopyN(z, in, memberBytes)
			if err != nil && err != io.EOF {
				return err
			}
			if n == 0 {
				return nil
			}
			if err := z.Close(); err != nil {
				return err
			}
			z.Reset(w)
		}
	})
}
