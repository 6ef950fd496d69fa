package watch

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"beacon/internal/flowlog"
)

// tailIdle is how long a file must have been left alone before its last line, which has no
// end, is taken for whole. Programs that buffer what they write leave half a line for as long
// as the buffer takes to fill.
const tailIdle = time.Hour

// look reads what is new in a file. It says whether there is more to read at once.
func (w *Watcher) look(f found) (more bool, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	now := w.now()
	m := w.files[keyOf(f.info)]
	if m == nil {
		if f.old && !w.couldBe(f) {
			return false, nil
		}
		key := keyOf(f.info)
		m = &file{Dev: key.dev, Ino: key.ino, Size: -1}
		w.files[key] = m
		w.st.Files = append(w.st.Files, m)
	}
	m.Path, m.Gone = f.path, false
	size, mod := f.info.Size(), f.info.ModTime().UnixNano()
	shrunk := m.Source != 0 && size < m.Size
	if m.Size != size || m.Mod != mod {
		m.Size, m.Mod, m.changed, m.refused = size, mod, now, false
	} else if m.refused || m.again.IsZero() && !m.changed.IsZero() || now.Before(m.again) {
		return false, nil
	}
	if m.changed.IsZero() { // of an earlier run
		m.changed = now
	}
	m.again = time.Time{}
	if size == 0 {
		m.Source = 0
		return false, nil
	}
	inputs, err := flowlog.Files([]string{f.path}, nil)
	if err != nil {
		m.again = m.changed.Add(w.opt.Settle)
		return false, w.refuse(m, f, err)
	}
	in := inputs[0]
	defer in.Close()
	if !in.Same(f.info) { // renamed since the scan
		m.Size = -1
		return false, nil
	}
	return w.read(m, f, in, shrunk)
}

// couldBe tells whether a file may hold a log that is known: the window isn't to be filled
// with others that happen to lie beside it.
func (w *Watcher) couldBe(f found) bool {
	head, err := flowlog.Files([]string{f.path}, nil)
	if err != nil {
		return false
	}
	defer head[0].Close()
	s, _ := w.known(head[0].Head, nil)
	return s != nil
}

// read reads what is new in a file that was opened.
func (w *Watcher) read(m *file, f found, in *flowlog.Input, shrunk bool) (more bool, err error) {
	settled := w.settled(m)
	gated := in.Compression != "" || binary(in.Head) || document(in.Head)
	if gated && !settled {
		m.again = m.changed.Add(w.opt.Settle)
		return false, nil
	}
	s := w.st.source(m.Source)
	var before *source
	begun := s != nil && s.Begin.N > 0
	if s != nil && !begun && binary(in.Head) || begun && (shrunk || s.Whole && s.Read != in.Size || s.Begin.compare(in.Head) != same) {
		if begun && !s.Whole {
			w.note("%s was truncated or replaced: it is read from the beginning", f.path)
		}
		before, s, m.Source = s, nil, 0
	}
	if s == nil {
		var wait bool
		if s, wait, err = w.adopt(m, f, in, before, gated, settled); s == nil {
			if wait {
				m.again = m.changed.Add(w.opt.Settle)
			}
			return false, err
		}
		m.Source = s.ID
	} else if !begun { // nothing of it could be kept so far
		if s.Header, err = w.headerOf(in, gated); err != nil {
			return false, err
		}
	}
	switch {
	case s.Whole:
		w.keep(m, nil)
		return false, nil
	case in.Compression != "":
		return false, w.readPacked(s, in)
	}
	return w.readPlain(m, s, f.path, in, gated)
}

// readPlain reads what is new in a text file.
func (w *Watcher) readPlain(m *file, s *source, path string, in *flowlog.Input, gated bool) (more bool, err error) {
	held := w.open[m.key()]
	if held == nil {
		if held, err = os.Open(path); err != nil {
			return false, err
		}
		if info, err := held.Stat(); err != nil || keyOf(info) != m.key() {
			held.Close()
			m.Size = -1
			return false, err
		}
		w.keep(m, held)
	}
	idle := w.now().Sub(m.changed)
	more, err = w.pull(s, io.NewSectionReader(held, s.Read, max(0, m.Size-s.Read)), gated || idle >= tailIdle, pullText)
	w.begins(s, in.Head)
	switch {
	case errors.Is(err, flowlog.ErrLongLine):
		m.refused = true
		return false, fmt.Errorf("%s: %w", path, err)
	case more || err != nil:
		m.again = w.now()
	case s.Read < m.Size && idle < tailIdle:
		m.again = m.changed.Add(tailIdle)
	}
	return more, err
}

// readPacked reads what is new in a compressed file.
func (w *Watcher) readPacked(s *source, in *flowlog.Input) error {
	r, err := in.Stream()
	if err != nil {
		return fmt.Errorf("%s: %w", in.Name, err)
	}
	defer r.Close()
	switch _, err := io.CopyN(io.Discard, r, s.Read); {
	case err == io.EOF: // it holds no more than was read
		return nil
	case err != nil:
		return fmt.Errorf("%s: %w", in.Name, err)
	}
	_, err = w.pull(s, r, true, 0)
	w.begins(s, in.Head)
	if err != nil {
		err = fmt.Errorf("%s: %w", in.Name, err)
	}
	return err
}

// begins notes the beginning of a log, as far as it was read.
func (w *Watcher) begins(s *source, head []byte) {
	if n := min(int64(len(head)), s.Read, maxBeginning); int64(s.Begin.N) < n {
		s.Begin = beginningOf(head[:n])
	}
}

// settled tells whether a file has been left alone for long enough to be whole.
func (w *Watcher) settled(m *file) bool {
	return w.opt.Once || w.now().Sub(m.changed) >= w.opt.Settle
}

// maxHeld is how many files are held open, so that what is written to one just before it
// is moved elsewhere is read.
const maxHeld = 256

// keep holds a file open; nil lets go of it.
func (w *Watcher) keep(m *file, f *os.File) {
	if old := w.open[m.key()]; old != nil {
		old.Close()
		delete(w.open, m.key())
	}
	if f == nil {
		return
	}
	if len(w.open) >= maxHeld {
		var oldest *file
		for key := range w.open {
			if o := w.files[key]; oldest == nil || o.changed.Before(oldest.changed) {
				oldest = o
			}
		}
		w.open[oldest.key()].Close()
		delete(w.open, oldest.key())
	}
	w.open[m.key()] = f
}

// finish reads the rest of the files that are held open but weren't found any more: they
// were renamed to where nobody looks, or removed. Once they are left alone they are closed.
func (w *Watcher) finish(seen map[fileKey]bool) (errs error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for key, held := range w.open {
		m := w.files[key]
		if seen[key] {
			continue
		}
		info, err := held.Stat()
		s := w.st.source(m.Source)
		if err != nil || s == nil || info.Size() < m.Size || s.Begin.compare(headOf(held)) != same {
			w.keep(m, nil) // what was written since it was truncated is lost, unless it is found elsewhere
			continue
		}
		if info.Size() != m.Size {
			m.Size, m.changed = info.Size(), w.now()
		}
		tail := w.settled(m)
		more, err := w.pull(s, io.NewSectionReader(held, s.Read, max(0, m.Size-s.Read)), tail, pullText)
		errs = errors.Join(errs, err)
		if tail && !more && err == nil {
			m.Gone = true
			w.keep(m, nil)
		}
	}
	return errs
}

// headOf returns the first bytes of a text file.
func headOf(f *os.File) []byte {
	head := make([]byte, maxBeginning)
	n, _ := f.ReadAt(head, 0)
	return head[:n]
}

// binary tells whether a log is no text: it is read whole, once it is complete.
func binary(head []byte) bool { return bytes.IndexByte(head, 0) >= 0 }

// document tells whether a text is one document rather than a record a line: JSON over
// several lines, or XML.
func document(head []byte) bool {
	text := bytes.TrimLeft(head, "\ufeff \t\r\n")
	if len(text) == 0 {
		return false
	}
	line, _, lines := bytes.Cut(text, []byte("\n"))
	line = bytes.TrimSpace(line)
	switch text[0] {
	case '{':
		return lines != json.Valid(line) || len(head) >= flowlog.HeadSize && !lines
	case '[':
		inner := bytes.TrimLeft(text[1:], " \t\r\n")
		return len(inner) == 0 || inner[0] == '{' || inner[0] == '['
	case '<':
		letter := len(text) > 1 && (text[1] == '?' || text[1]|0x20 >= 'a' && text[1]|0x20 <= 'z')
		return letter && !(bytes.HasSuffix(line, []byte(">")) && bytes.Contains(line, []byte("</")))
	}
	return false
}

// refuse notes that a file is no log: once, when it is whole or an argument names it.
func (w *Watcher) refuse(m *file, f found, err error) error {
	if !w.settled(m) && !f.named || errors.Is(err, flowlog.ErrEmpty) {
		return nil
	}
	m.refused = w.settled(m)
	if f.old {
		return nil
	}
	w.noteOnce("passed over: %v", named(err, filepath.Clean(f.path)))
	return nil
}

// named returns an error of an input with the name that the analyst knows it by.
func named(err error, name string) error {
	var placed *flowlog.InputError
	if !errors.As(err, &placed) {
		return fmt.Errorf("%s: %w", name, err)
	}
	renamed := *placed
	renamed.Input = name
	return &renamed
}
