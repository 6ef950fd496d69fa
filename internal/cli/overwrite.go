package cli

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"beacon/internal/flowlog"
	"beacon/internal/objstore"
)

// target is a file that a command is to write.
type target struct{ flag, path string }

// source is a file that a command reads.
type source struct {
	name string
	same func(fs.FileInfo) bool // reports whether it is the file described
}

// sourcesOf returns what the arguments and flags of a command name as its input,
// without opening any of it: a FIFO that nobody writes to would block. A directory
// stands for itself only; openedOf returns its files.
func (a *app) sourcesOf(args []string, files ...string) (list []source) {
	add := func(name string, info fs.FileInfo, err error) {
		if err == nil {
			list = append(list, source{name, func(other fs.FileInfo) bool { return os.SameFile(info, other) }})
		}
	}
	named := append(slices.Clone(files), a.configPath)
	for _, arg := range args {
		if arg == stdStream {
			if f, ok := a.stdin.(*os.File); ok {
				info, err := f.Stat()
				add("standard input", info, err)
			}
			continue
		}
		named = append(named, arg)
		if _, err := os.Stat(arg); err != nil && !isTable(arg) && !objstore.IsURL(arg) {
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

// openedOf returns the files of a log, those found in directories too.
func openedOf(log *flowlog.Log) (list []source) {
	if log == nil {
		return nil
	}
	for _, in := range log.Inputs {
		list = append(list, source{in.Name, in.Same})
	}
	return list
}

// checkTargets refuses to write over a file that is read or into a FIFO that is read,
// and to write two outputs to one file. Files are compared by device and inode, so that links
// don't hide what they name.
func (a *app) checkTargets(targets []target, sources []source) error {
	seen := map[string]string{}
	for _, t := range targets {
		if t.path == "" && t.flag != flagOutput || isTable(t.path) {
			continue
		}
		object := objstore.IsURL(t.path)
		path, info := t.path, fs.FileInfo(nil)
		if !object {
			path, info = a.locate(t.path)
		}
		if other := seen[path]; other != "" && path != os.DevNull {
			return usagef("give each output a file of its own", "%s and %s write to the same file, %s", other, t.flag, t.name())
		}
		seen[path] = t.flag
		if !object && (info == nil || !info.Mode().IsRegular() && info.Mode()&fs.ModeNamedPipe == 0) {
			continue
		}
		for _, s := range sources {
			if object && s.name == t.path || !object && s.same(info) {
				return usagef("write to another file", "%s %s would overwrite the input %s", t.flag, t.name(), s.name)
			}
		}
	}
	return nil
}

const flagOutput = "-o"

func (t target) name() string {
	if isStdout(t.path) {
		return "standard output"
	}
	return t.path
}

// locate returns the path of the file that an output leads to, with links
// resolved, and what stands there now, nil where nothing does. Standard output
// is - by whatever name.
func (a *app) locate(path string) (string, fs.FileInfo) {
	var stdout fs.FileInfo
	if f, ok := a.stdout.raw.(*os.File); ok {
		stdout, _ = f.Stat()
	}
	if isStdout(path) {
		if stdout != nil && stdout.Size() == 0 {
			stdout = nil // emptied by the shell: whatever it was, it is no input any more
		}
		return stdStream, stdout
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
		return stdStream, info
	}
	return target, info
}
