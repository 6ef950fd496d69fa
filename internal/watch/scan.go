package watch

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"beacon/internal/flowlog/stored"
)

// found is a file that the arguments lead to.
type found struct {
	path  string
	info  fs.FileInfo
	named bool // by an argument, not found in a directory
	old   bool // it may only be what a log that is known was renamed to or packed into
}

// stdinName is the argument that stands for standard input.
const stdinName = "-"

// scan returns the files that the arguments lead to now, each once, in the order of the
// arguments and of the names. Those that haven't been written to for as long as the window
// before the newest are left out: nothing in them is in the window.
func (w *Watcher) scan() []found {
	var list []found
	for _, arg := range w.opt.Args {
		if arg == stdinName {
			continue
		}
		info, err := os.Stat(arg)
		switch {
		case err == nil && info.IsDir():
			list = append(list, w.scanDir(arg)...)
		case err == nil:
			list = append(list, found{path: arg, info: info, named: true})
		case strings.ContainsAny(arg, "*?["):
			paths, _ := filepath.Glob(arg) // start checked the pattern
			for _, path := range paths {
				if info, err := os.Stat(path); err == nil {
					list = append(list, found{path: path, info: info})
				}
			}
		}
	}
	list = append(list, w.siblings()...)
	seen := map[fileKey]bool{}
	list = slices.DeleteFunc(list, func(f found) bool {
		key := keyOf(f.info)
		if !f.info.Mode().IsRegular() || seen[key] || w.ignored(f) {
			return true
		}
		seen[key] = true
		return false
	})
	newest := int64(0)
	for _, f := range list {
		newest = max(newest, f.info.ModTime().UnixNano())
	}
	w.oldest = newest - int64(w.opt.Window+oldSlack)
	return slices.DeleteFunc(list, func(f found) bool { return !f.named && f.info.ModTime().UnixNano() < w.oldest })
}

// oldSlack is how long after its last flow a file may be written: an hourly log is.
const oldSlack = time.Hour

// scanDir returns the files below a directory in name order, hidden ones left out.
func (w *Watcher) scanDir(dir string) (list []found) {
	_ = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		hidden := path != dir && strings.HasPrefix(filepath.Base(path), ".")
		switch {
		case errors.Is(err, fs.ErrNotExist): // it was removed
			return nil
		case err != nil:
			var pathErr *fs.PathError
			if errors.As(err, &pathErr) {
				err = pathErr.Err
			}
			w.fault(fmt.Errorf("%s: %w", path, err))
			return nil
		case d.IsDir() && (hidden || sameFile(path, w.opt.State)):
			return fs.SkipDir
		case hidden || d.IsDir():
			return nil
		}
		info, err := os.Stat(path)
		switch {
		case err != nil: // a link to nothing, or it was removed
		case !info.Mode().IsRegular():
			w.noteOnce("passed over: %s: it is %s, not a file", path, stored.KindOf(info.Mode()))
		default:
			list = append(list, found{path: path, info: info})
		}
		return nil
	})
	return list
}

// siblings returns the files beside a followed one that it may have been renamed to, or
// packed into, while nobody watched: those with its inode and those whose names begin like
// its own.
func (w *Watcher) siblings() (list []found) {
	for _, f := range w.st.Files {
		if f.Gone || f.Source == 0 || w.open[f.key()] != nil || !slices.Contains(w.opt.Args, f.Path) {
			continue
		}
		if info, err := os.Stat(f.Path); err == nil && keyOf(info) == f.key() {
			continue
		}
		dir, stem := filepath.Split(f.Path)
		stem, _, _ = strings.Cut(stem, ".")
		entries, _ := os.ReadDir(filepath.Clean(dir + "."))
		for _, e := range entries {
			path := filepath.Join(dir, e.Name())
			if info, err := os.Stat(path); err == nil && (strings.HasPrefix(e.Name(), stem) || keyOf(info) == f.key()) {
				list = append(list, found{path: path, info: info, old: true})
			}
		}
	}
	return list
}

// ignored tells whether a file is one that this run writes.
func (w *Watcher) ignored(f found) bool {
	return slices.ContainsFunc(w.opt.Ignore, func(path string) bool { return sameFile(path, f.path) })
}

// sameFile tells whether two paths lead to the same file.
func sameFile(a, b string) bool {
	x, err := os.Stat(a)
	if err != nil {
		return false
	}
	y, err := os.Stat(b)
	return err == nil && os.SameFile(x, y)
}

// checkArgs returns an error where an argument leads nowhere and never did.
func (w *Watcher) checkArgs() error {
	for _, arg := range w.opt.Args {
		if arg == stdinName {
			continue
		}
		info, err := os.Stat(arg)
		switch {
		case err == nil && (info.IsDir() || info.Mode().IsRegular()):
		case err == nil:
			return fmt.Errorf("%s is neither a file nor a directory: read it as standard input, with -", arg)
		case errors.Is(err, fs.ErrNotExist) && strings.ContainsAny(arg, "*?["):
			if _, err := filepath.Match(arg, ""); err != nil {
				return fmt.Errorf("%s: %w", arg, err)
			}
		case errors.Is(err, fs.ErrNotExist) && slices.ContainsFunc(w.st.Files, func(f *file) bool { return f.Path == arg }):
		default:
			var pathErr *fs.PathError
			if errors.As(err, &pathErr) {
				err = pathErr.Err
			}
			return fmt.Errorf("%s: %w", arg, err)
		}
	}
	return nil
}
