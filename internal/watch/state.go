package watch

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"time"

	"beacon/internal/earlier"
	"beacon/internal/stats"
	"beacon/internal/timespan"
)

// state holds what the checkpoint holds.
type state struct {
	Version int            `json:"version"`
	Next    int            `json:"next"` // number of the next source
	Sources []*source      `json:"sources"`
	Files   []*file        `json:"files"`
	Told    []earlier.Told `json:"told,omitempty"` // the findings that events told of; here up to version 2 only

	saved []byte // the checkpoint as it was saved last
}

// stateVersion is raised when the fields of the checkpoint change their meaning.
const (
	stateVersion = 3
	oldestState  = 2 // that is read
)

// source is a log that is followed, whatever files it lies in.
type source struct {
	ID       int            `json:"id"`   // by appearance: the order of the log
	Name     string         `json:"name"` // path that it was met at first
	Begin    beginning      `json:"begin"`
	Read     int64          `json:"read"`  // bytes of the log that are in the spool, or were: whole lines
	Whole    bool           `json:"whole"` // a binary file, kept as it is
	Header   []byte         `json:"header,omitempty"`
	Gen      int            `json:"gen"`      // number of the spool
	Spool    string         `json:"spool"`    // name of the spool, "" once the window has left it behind
	Size     int64          `json:"size"`     // bytes of the spool
	Measured int64          `json:"measured"` // of these, those that Hours and Flows count
	Flows    int64          `json:"flows"`
	Hours    map[int64]hour `json:"hours,omitempty"` // since the Unix epoch
	Marks    []mark         `json:"marks,omitempty"` // ascending
}

// hour counts the flows of one hour.
type hour struct {
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

// Names of the files in the state directory, and of the folder of the spools.
const (
	checkpoint = "checkpoint.json"
	toldFile   = "told.ndjson"
	spools     = "spool"
)

// load reads the checkpoint. Spools are cut to the lengths that it names, and files that it
// doesn't name are removed. problems says what of it is lost, in words: sources whose spools
// are missing are read anew, and so is everything where another version wrote the checkpoint.
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
		if problems, err = st.read(text, dir); err != nil {
			return nil, nil, err
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

// read reads the text of a checkpoint and the findings that were told. Those of a version
// that can't be read leave the state empty, which is a problem but no error: a watcher that
// is updated goes on watching.
func (st *state) read(text []byte, dir string) (problems []string, err error) {
	path := filepath.Join(dir, checkpoint)
	var head struct {
		Version int `json:"version"`
	}
	if err := json.Unmarshal(text, &head); err != nil || head.Version < 1 {
		return nil, &StateError{path}
	}
	if head.Version < oldestState || head.Version > stateVersion {
		return []string{fmt.Sprintf("%s is of another version of beacon: the logs are read from their beginning, and what was told is told again", path)}, nil
	}
	if err := json.Unmarshal(text, st); err != nil {
		return nil, &StateError{path}
	}
	if head.Version == stateVersion {
		if st.Told, err = loadTold(dir); err != nil {
			problems = append(problems, fmt.Sprintf("what was told is told again: %v", err))
		}
	}
	st.Version = stateVersion
	return problems, nil
}

// StateError says that a checkpoint can't be understood.
type StateError struct{ Path string }

func (e *StateError) Error() string {
	return e.Path + " is damaged, or no checkpoint of beacon watch"
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

// save replaces the checkpoint, if it isn't as it was saved last.
func (st *state) save(dir string) error {
	head := *st
	head.Told = nil
	text, err := json.Marshal(&head)
	if err != nil {
		return err
	}
	if bytes.Equal(text, st.saved) {
		return nil
	}
	err = replace(filepath.Join(dir, checkpoint), func(w io.Writer) error {
		_, err := w.Write(text)
		return err
	})
	if err == nil {
		st.saved = text
	}
	return err
}

// saveTold replaces the file of the findings that were told, a line for each. It is apart
// from the checkpoint, which is written every second: what was told changes with an answer
// only, and may be much.
func (st *state) saveTold(dir string) error {
	return replace(filepath.Join(dir, toldFile), func(w io.Writer) error {
		out := json.NewEncoder(w)
		for i := range st.Told {
			if err := out.Encode(&st.Told[i]); err != nil {
				return err
			}
		}
		return nil
	})
}

// loadTold reads the findings that were told, none where the file is missing: nothing was.
func loadTold(dir string) (list []earlier.Told, err error) {
	f, err := os.Open(filepath.Join(dir, toldFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	in := json.NewDecoder(bufio.NewReader(f))
	for {
		var t earlier.Told
		if err := in.Decode(&t); errors.Is(err, io.EOF) {
			return list, nil
		} else if err != nil {
			return nil, fmt.Errorf("%s is damaged", f.Name())
		}
		list = append(list, t)
	}
}

// replace writes a file anew, so that it is whole or as it was, whatever happens.
func replace(path string, write func(io.Writer) error) error {
	f, err := os.OpenFile(path+".new", os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	buffer := bufio.NewWriter(f)
	err = write(buffer)
	err = errors.Join(err, buffer.Flush(), f.Sync(), f.Close())
	if err != nil {
		return err
	}
	if err := os.Rename(path+".new", path); err != nil {
		return err
	}
	return syncDir(filepath.Dir(path))
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

// end returns the latest start of a flow, false where there is none: but for strays, and
// but for flows that are dated later than the present, as far as these are fewer than chance
// makes a count of all flows vary by (see timespan.Span). More of them are a log in another
// time zone.
func (st *state) end(now time.Time) (int64, bool) {
	days, ahead, all, present := timespan.Days{}, int64(0), int64(0), now.UnixNano()
	until := int64(math.MinInt64) // latest flow up to the present
	for _, s := range st.Sources {
		for n, h := range s.Hours {
			all += h.Flows
			if h.First > present {
				ahead += h.Flows
			} else {
				until = max(until, min(h.Last, present))
			}
			n = stats.FloorDiv(n, int64(timespan.DayLength/time.Hour))
			d, ok := days[n]
			if !ok {
				d.First, d.Last = h.First, h.Last
			}
			d.Flows, d.First, d.Last = d.Flows+h.Flows, min(d.First, h.First), max(d.Last, h.Last)
			days[n] = d
		}
	}
	span := days.Span()
	if span.Last > present && until != math.MinInt64 && float64(ahead) < math.Sqrt(float64(all)) {
		return until, true
	}
	return span.Last, span.First <= span.Last
}

// last returns the latest start of a flow in the spool that counts in a window of this length
// which ends at end, or in a later one: a flow that is dated later than end counts as one at
// end, until the window gets there. One that is further ahead than a window is not waited for.
func (s *source) last(end int64, window time.Duration) int64 {
	last := int64(math.MinInt64)
	for _, h := range s.Hours {
		if h.First <= end || h.First-end <= int64(window) {
			last = max(last, min(h.Last, end))
		}
	}
	return last
}

// ahead returns the earliest flow that is dated so much later than the end of the window that
// it is worth a word, false for none.
func (s *source) ahead(end int64) (first int64, ok bool) {
	for _, h := range s.Hours {
		if h.First > end+int64(time.Hour) && (!ok || h.First < first) {
			first, ok = h.First, true
		}
	}
	return first, ok
}
