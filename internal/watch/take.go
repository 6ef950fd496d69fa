package watch

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"beacon/internal/flowlog"
	"beacon/internal/flowlog/stored"
)

// Sizes of what is read at once, in bytes.
const (
	frameText = 4 << 20  // of a frame of a spool
	pullText  = 64 << 20 // of one file before the next has its turn
)

// pull takes the whole lines that follow in a log. With tail, which says that nothing will
// follow them, it takes a last line without an end too. It stops after about limit bytes,
// if that isn't 0, and says whether there may be more.
func (w *Watcher) pull(s *source, r io.Reader, tail bool, limit int64) (more bool, err error) {
	room, rest := w.room, 0 // bytes of a line that has no end yet, at the beginning of room
	for begin := s.Read; limit == 0 || s.Read-begin < limit; {
		if len(room) < rest+frameText {
			room = append(room, make([]byte, rest+frameText-len(room))...)
			w.room = room
		}
		n, err := stored.ReadFull(r, room[rest:rest+frameText])
		text := room[:rest+n]
		end := bytes.LastIndexByte(text, '\n') + 1
		if err == io.EOF && tail && end < len(text) {
			ended := append(text[:len(text):len(text)], '\n')
			return false, w.take(s, ended, int64(len(text)))
		}
		if takeErr := w.take(s, text[:end], int64(end)); takeErr != nil {
			return false, takeErr
		}
		rest = copy(room, text[end:])
		switch {
		case err == io.EOF:
			return false, nil
		case err != nil:
			return false, err
		case rest > flowlog.MaxLine:
			return false, flowlog.ErrLongLine
		}
	}
	return true, nil
}

// take adds whole lines, which are read bytes of a log, to its spool, as a frame.
func (w *Watcher) take(s *source, lines []byte, read int64) error {
	if len(lines) == 0 {
		return nil
	}
	w.frame = w.encoder.EncodeAll(lines, w.frame[:0])
	if err := w.write(s, w.frame); err != nil {
		return err
	}
	s.Read += read
	w.count.bytes.Add(read)
	w.count.lines.Add(int64(bytes.Count(lines, []byte("\n"))))
	return nil
}

// write adds bytes to a spool. They count once the checkpoint says so.
func (w *Watcher) write(s *source, data []byte) error {
	err := w.append(s, data)
	w.count.full.Store(err != nil)
	if err != nil {
		return fmt.Errorf("keeping what is read: %w", err)
	}
	return nil
}

func (w *Watcher) append(s *source, data []byte) error {
	if s.Spool == "" {
		s.Gen++
		s.Spool = s.spoolName()
		if s.Read > 0 && len(s.Header) > 0 { // the window has left the beginning behind
			if err := w.append(s, w.encoder.EncodeAll(s.Header, nil)); err != nil {
				return err
			}
		}
	}
	f := w.dirty[s.Spool]
	if f == nil {
		var err error
		if f, err = os.OpenFile(w.spoolPath(s), os.O_WRONLY|os.O_CREATE, 0o600); err != nil {
			return err
		}
		w.dirty[s.Spool] = f
	}
	if _, err := f.WriteAt(data, s.Size); err != nil {
		return err
	}
	s.Size += int64(len(data))
	w.grown = true
	return nil
}

// spoolName returns the name of a spool: by names, spools are in the order of the log.
func (s *source) spoolName() string { return fmt.Sprintf("%08d-%04d", s.ID, s.Gen) }

// drop lets go of what is kept of a source: the file is removed after the next commit.
func (w *Watcher) drop(s *source) {
	if s.Spool == "" {
		return
	}
	if f := w.dirty[s.Spool]; f != nil {
		f.Close()
		delete(w.dirty, s.Spool)
	}
	w.stale = append(w.stale, s.Spool)
	s.Spool, s.Size, s.Measured, s.Flows, s.Hours, s.Marks = "", 0, 0, 0, nil, nil
}

func (w *Watcher) spoolPath(s *source) string { return filepath.Join(w.opt.State, spools, s.Spool) }

// takeWhole copies a binary file into a spool of its own.
func (w *Watcher) takeWhole(s *source, path string, size int64) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	buf := make([]byte, 1<<20)
	for {
		n, err := f.Read(buf)
		if n > 0 {
			if err := w.write(s, buf[:n]); err != nil {
				return err
			}
		}
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
	}
	if s.Size != size {
		return fmt.Errorf("%s changed while it was copied", path)
	}
	s.Read = s.Size
	w.count.bytes.Add(s.Size)
	return nil
}

// commit makes what was read last: the spools, then the checkpoint. What went wrong with it
// is said again once it has worked in between.
func (w *Watcher) commit() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	err := w.commitAll()
	if err == nil && w.uncommitted != nil {
		delete(w.noted, w.uncommitted.Error())
		w.note("the checkpoint is written again")
	}
	w.uncommitted = err
	return err
}

func (w *Watcher) commitAll() error {
	var errs []error
	written := len(w.dirty) > 0
	for name, f := range w.dirty {
		errs = append(errs, f.Sync(), f.Close())
		delete(w.dirty, name)
	}
	if written {
		errs = append(errs, syncDir(filepath.Join(w.opt.State, spools)))
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("keeping what is read: %w", err)
	}
	if w.told {
		if err := w.st.saveTold(w.opt.State); err != nil {
			return fmt.Errorf("writing what was told: %w", err)
		}
		w.told = false
	}
	if err := w.st.save(w.opt.State); err != nil {
		return fmt.Errorf("writing the checkpoint: %w", err)
	}
	for _, name := range w.stale {
		os.Remove(filepath.Join(w.opt.State, spools, name))
	}
	w.stale = nil
	w.count.committed.Store(w.now().UnixNano())
	return nil
}
