package output

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"beacon/internal/clickhouse/client"
	"beacon/internal/flowlog"
	"beacon/internal/objstore"
	"beacon/internal/usage"
)

// Target is a file that a command is to write, and the flag that names it.
type Target struct{ flag, Path string }

// To returns the target that a flag names.
func To(flag, path string) Target { return Target{flag, path} }

// Source is a file that a command reads.
type Source struct {
	name string
	same func(fs.FileInfo) bool // reports whether it is the file described
}

// Sources returns what the arguments and flags of a command name as its input,
// without opening any of it: a FIFO that nobody writes to would block. A directory
// stands for itself only; Opened returns its files.
func (f *Files) Sources(args []string, files ...string) (list []Source) {
	add := func(name string, info fs.FileInfo, err error) {
		if err == nil {
			list = append(list, Source{name, func(other fs.FileInfo) bool { return os.SameFile(info, other) }})
		}
	}
	named := slices.Clone(files)
	for _, arg := range args {
		if arg == Std {
			if stdin, ok := f.Stdin.(*os.File); ok {
				info, err := stdin.Stat()
				add("standard input", info, err)
			}
			continue
		}
		named = append(named, arg)
		if _, err := os.Stat(arg); err != nil && !client.IsURL(arg) && !objstore.IsURL(arg) {
			matches, _ := filepath.Glob(arg) // a wrong pattern is an error of opening it
			named = append(named, matches...)
		}
	}
	for _, name := range named {
		info, err := os.Stat(name)
		add(name, info, err)
	}
	return list
}

// Opened returns the files of a log, those found in directories too.
func Opened(log *flowlog.Log) (list []Source) {
	if log == nil {
		return nil
	}
	for _, in := range log.Inputs {
		list = append(list, Source{in.Name, in.Same})
	}
	return list
}

// packed matches the names of packed files: in a file of such a name what is written would
// be taken for damaged.
var packed = regexp.MustCompile(`(?i)\.(gz|bz2|xz|zst|lz4|zip)$`)

// Check refuses outputs that can't be written: for want of the directory or the permission, over
// a file that is read or into a FIFO that is read, under the name of a packed file, and two to one
// file. Files are compared by device and inode, so that links don't hide what they name.
func (f *Files) Check(targets []Target, sources []Source) error {
	seen := map[string]string{}
	for _, t := range targets {
		if t.Path == "" && t.flag != Flag {
			continue
		}
		if client.IsURL(t.Path) {
			return usage.Errorf("beacon convert loads a log into a table", "%s: a table can't be written to here", t.flag)
		}
		if packed.MatchString(t.Path) {
			return usage.Errorf("- is standard output, which a packer can read; Parquet and Arrow are compressed within", "%s %s: beacon doesn't pack what it writes", t.flag, t.Name())
		}
		object := objstore.IsURL(t.Path)
		path, info := t.Path, fs.FileInfo(nil)
		if !object {
			path, info = f.locate(t.Path)
		}
		if other := seen[path]; other != "" && path != os.DevNull {
			return usage.Errorf("give each output a file of its own", "%s and %s write to the same file, %s", other, t.flag, t.Name())
		}
		seen[path] = t.flag
		if err := t.ready(path, info); err != nil && !object && path != Std {
			return err
		}
		if !object && (info == nil || !info.Mode().IsRegular() && info.Mode()&fs.ModeNamedPipe == 0) {
			continue
		}
		for _, s := range sources {
			if object && s.name == t.Path || !object && s.same(info) {
				return usage.Errorf("write to another file", "%s %s would overwrite the input %s", t.flag, t.Name(), s.name)
			}
		}
	}
	return nil
}

// ready returns why nothing can be written to the path that a target leads to, as far as that
// shows before it is tried: info is what stands there, nil for nothing.
func (t Target) ready(path string, info fs.FileInfo) error {
	dir := filepath.Dir(path)
	switch {
	case info != nil && info.IsDir():
		return usage.Errorf("name a file in it", "%s %s: is a directory", t.flag, t.Path)
	case info != nil && !info.Mode().IsRegular():
		return nil // a device or a FIFO: to open it may wait
	}
	switch in, err := os.Stat(dir); {
	case errors.Is(err, fs.ErrNotExist) && strings.Contains(t.Path, "://"):
		return usage.Errorf("objects are s3://bucket/key; beacon convert also writes to tables, clickhouse://user@host:9000/database/table", "%s %s: beacon doesn't write to such URLs", t.flag, t.Path)
	case errors.Is(err, fs.ErrNotExist):
		return usage.Errorf("make it first: mkdir -p "+filepath.Dir(t.Path), "%s %s: there is no directory %s", t.flag, t.Path, filepath.Dir(t.Path))
	case err != nil:
		return fmt.Errorf("%s %s: %w", t.flag, t.Path, Bare(err))
	case !in.IsDir():
		return usage.Errorf("", "%s %s: %s is no directory", t.flag, t.Path, filepath.Dir(t.Path))
	}
	if err := mayCreate(dir); err != nil {
		return fmt.Errorf("%s %s: no file can be created in %s: %w", t.flag, t.Path, filepath.Dir(t.Path), Bare(err))
	}
	return nil
}

// Flag is the flag of the main output.
const Flag = "-o"

// Name returns the path of a target, or says that it is standard output.
func (t Target) Name() string {
	if IsStdout(t.Path) {
		return "standard output"
	}
	return t.Path
}

// locate returns the path of the file that an output leads to, with links
// resolved, and what stands there now, nil where nothing does. Standard output
// is - by whatever name.
func (f *Files) locate(path string) (string, fs.FileInfo) {
	var stdout fs.FileInfo
	if file, ok := f.Stdout.Unwrap().(*os.File); ok {
		stdout, _ = file.Stat()
	}
	if IsStdout(path) {
		if stdout != nil && stdout.Size() == 0 {
			stdout = nil // emptied by the shell: whatever it was, it is no input any more
		}
		return Std, stdout
	}
	target, err := resolve(path)
	if err != nil {
		return path, nil
	}
	if dir, err := filepath.EvalSymlinks(filepath.Dir(target)); err == nil {
		target = filepath.Join(dir, filepath.Base(target))
	}
	if abs, err := filepath.Abs(target); err == nil {
		target = abs
	}
	info, err := os.Stat(target)
	if err != nil {
		return target, nil
	}
	if stdout != nil && target != os.DevNull && os.SameFile(stdout, info) {
		return Std, info
	}
	return target, info
}
