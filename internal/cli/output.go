package cli

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"beacon/internal/beacon"
)

// writeOutput writes a file whole or not at all: beside the target, synced, then
// renamed over it. A symlink's target is replaced, not the link; the permissions
// of an existing file are kept; a device or FIFO is written directly. A path of
// "" or - is stdout.
func writeOutput(path string, stdout io.Writer, write func(io.Writer) error) error {
	if path == "" || path == "-" {
		return write(stdout)
	}
	if err := replaceFile(path, write); err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	return nil
}

func replaceFile(path string, write func(io.Writer) error) (err error) {
	target, err := resolve(path)
	if err != nil {
		return err
	}
	mode := fs.FileMode(0o666) &^ umask()
	switch info, err := os.Stat(target); {
	case err == nil && info.IsDir():
		return errors.New("is a directory")
	case err == nil && !info.Mode().IsRegular():
		return writeDirectly(target, write)
	case err == nil:
		mode = info.Mode().Perm()
	case !errors.Is(err, fs.ErrNotExist):
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(target), "."+filepath.Base(target)+".*")
	if err != nil {
		return bare(err)
	}
	defer func() {
		if err != nil {
			f.Close()
			os.Remove(f.Name())
		}
	}()
	if err := write(f); err != nil {
		return err
	}
	if err := f.Chmod(mode); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	return os.Rename(f.Name(), target)
}

// bare is an error of the os package without the name of a temporary file.
func bare(err error) error {
	var pathErr *fs.PathError
	if errors.As(err, &pathErr) {
		return pathErr.Err
	}
	return err
}

// resolve follows symlinks to the file that is to be written, which need not
// be there yet.
func resolve(path string) (string, error) {
	for range 40 {
		link, err := os.Readlink(path)
		if err != nil {
			return path, nil // no link, or nothing there
		}
		if !filepath.IsAbs(link) {
			link = filepath.Join(filepath.Dir(path), link)
		}
		path = link
	}
	return "", errors.New("too many levels of symbolic links")
}

func writeDirectly(path string, write func(io.Writer) error) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return bare(err)
	}
	if err := write(f); err != nil {
		f.Close()
		return err
	}
	return f.Close()
}

// outputFlags is the flags of the commands that write an answer.
type outputFlags struct {
	output       string
	outputFormat string
	exitCode     bool
}

func (o *outputFlags) register(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVarP(&o.output, "output", "o", "", "write to this `file`, whole or not at all; default standard output")
	f.StringVarP(&o.outputFormat, "format", "f", "csv", "what to write: "+outputNames())
	f.BoolVar(&o.exitCode, "exit-code", false, "exit with 3 when something was flagged")
}

// outcome is the error of a command that wrote its answer: errFlagged where that is
// asked for and something was.
func (o *outputFlags) outcome(findings *beacon.Findings) error {
	if o.exitCode && findings.Flagged() {
		return errFlagged
	}
	return nil
}
