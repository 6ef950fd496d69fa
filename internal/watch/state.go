package watch

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"beacon/internal/beacon"
	"beacon/internal/timespan"
)

// state is what the checkpoint holds.
type state struct {
	Version int              `json:"version"`
	Next    int              `json:"next"` // number of the next source
	Sources []*source        `json:"sources"`
	Files   []*file          `json:"files"`
	Held    []beacon.Earlier `json:"held"`  // the findings that the last event of says that they hold
	Ended   []ended          `json:"ended"` // in the last window: they aren't new when they are found again
}

// ended is a finding that has ended.
type ended struct {
	beacon.Earlier
	At int64 // latest flow of the answer that it wasn't found in, ns since the Unix epoch
}

// stateVersion is raised when the fields of the checkpoint change their meaning.
const stateVersion = 1

// source is a log that is followed, whatever files it lies in.
type source struct {
	ID       int           `json:"id"`   // by appearance: the order of the log
	Name     string        `json:"name"` // path that it was met at first
	Begin    beginning     `json:"begin"`
	Read     int64         `json:"read"`  // bytes of the log that are in the spool, or were: whole lines
	Whole    bool          `json:"whole"` // a binary file, kept as it is
	Header   []byte        `json:"header,omitempty"`
	Gen      int           `json:"gen"`      // number of the spool
	Spool    string        `json:"spool"`    // name of the spool, "" once the window has left it behind
	Size     int64         `json:"size"`     // bytes of the spool
	Measured int64         `json:"measured"` // of these, those that Days and Flows count
	Flows    int64         `json:"flows"`
	Days     map[int64]day `json:"days,omitempty"`  // since the Unix epoch
	Marks    []mark        `json:"marks,omitempty"` // ascending
}

// day counts the flows of one day.
type day struct {
	Flows int64 `json:"flows"`
	First int64 `json:"first"` // ns since the Unix epoch
	Last  int64 `json:"last"`
}

// mark says that the flows in the first bytes of a spool start at a time or earlier.
type mark struct {
	Size int64 `json:"size"`
	Last int64 `json:"last"` // ns since the Unix epoch
}

// file is a file that was met.
type file struct {
	Path   string `json:"path"` // where it was last
	Dev    uint64 `json:"dev"`
	Ino    uint64 `json:"ino"`
	Size   int64  `json:"size"` // when it was looked at last
	Mod    int64  `json:"mod"`  // ns since the Unix epoch
	Source int    `json:"source"`
	Gone   bool   `json:"gone"` // it was rotated away and has been read to its end

	changed time.Time // when Size or Mod were seen to differ, by our clock
	again   time.Time // when to look at it though it hasn't changed; zero is never
	refused bool      // it is no log, unless it changes
}

func (f *file) key() fileKey { return fileKey{f.Dev, f.Ino} }

// fileKey tells files that exist from each other. An inode is used again after its file
// was removed: the beginning tells.
type fileKey struct{ dev, ino uint64 }

// checkpoint is the name of the file in the state directory, spools of the folder.
const (
	checkpoint = "checkpoint.json"
	spools     = "spool"
)

// load reads the checkpoint. Spools are cut to the lengths that it names, and files that it
// doesn't name are removed. problems names the sources whose spools are missing: they are
// read anew.
func load(dir string) (st *state, problems []string, err error) {
	folder := filepath.Join(dir, spools)
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, nil, err
	}
	st = &state{Version: stateVersion, Next: 1}
	path := filepath.Join(dir, checkpoint)
	text, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, nil, err
	}
	if err == nil {
		if err := json.Unmarshal(text, st); err != nil || st.Version != stateVersion {
			return nil, nil, &StateError{path}
		}
	}
	named := map[string]bool{}
	for _, s := range st.Sources {
		if s.Spool == "" {
			continue
		}
		if err := cutSpool(filepath.Join(folder, s.Spool), s.Size); err != nil {
			problems = append(problems, fmt.Sprintf("%s is read anew, for what was kept of it is lost: %v", s.Name, err))
			st.forget(s)
			continue
		}
		named[s.Spool] = true
	}
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil, nil, err
	}
	for _, e := range entries {
		if !named[e.Name()] {
			os.Remove(filepath.Join(folder, e.Name()))
		}
	}
	return st, problems, nil
}

// StateError says that a checkpoint can't be understood.
type StateError struct{ Path string }

func (e *StateError) Error() string {
	return e.Path + " is no checkpoint of this version of beacon watch"
}

// Hint returns what to do about it.
func (e *StateError) Hint() string { return "remove the directory, or name another --state" }

// cutSpool cuts a spool to its length.
func cutSpool(path string, size int64) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if info.Size() < size {
		return fmt.Errorf("%s has %d of its %d bytes", path, info.Size(), size)
	}
	return os.Truncate(path, size)
}

// save replaces the checkpoint.
func (st *state) save(dir string) error {
	text, err := json.Marshal(st)
	if err != nil {
		return err
	}
	path := filepath.Join(dir, checkpoint)
	f, err := os.OpenFile(path+".new", os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	err = errors.Join(err, f.Sync(), f.Close())
	if err != nil {
		return err
	}
	if err := os.Rename(path+".new", path); err != nil {
		return err
	}
	return syncDir(dir)
}

// syncDir makes the names in a directory last.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// source returns the source with a number, nil for none.
func (st *state) source(id int) *source {
	for _, s := range st.Sources {
		if s.ID == id {
			return s
		}
	}
	return nil
}

// forget drops a source; its files are looked at anew.
func (st *state) forget(s *source) {
	for i := range st.Sources {
		if st.Sources[i] == s {
			st.Sources = append(st.Sources[:i], st.Sources[i+1:]...)
			break
		}
	}
	for _, f := range st.Files {
		if f.Source == s.ID {
			f.Source, f.Size, f.Gone = 0, -1, false
		}
	}
}

// span returns the part of all spools that holds their flows, but for strays.
func (st *state) span(latest int64) timespan.Span {
	days := timespan.Days{}
	for _, s := range st.Sources {
		for n, d := range s.Days {
			if d.First > latest {
				continue
			}
			t, ok := days[n]
			if !ok {
				t.First, t.Last = d.First, d.Last
			}
			t.Flows, t.First, t.Last = t.Flows+d.Flows, min(t.First, d.First), max(t.Last, min(d.Last, latest))
			days[n] = t
		}
	}
	return days.Span()
}

// last returns the latest start of a flow in the spool, no later than end.
func (s *source) last(end int64) int64 {
	last := int64(beacon.MinTime)
	for _, d := range s.Days {
		last = max(last, min(d.Last, end))
	}
	return last
}
