package objstore

import (
	"context"
	"errors"
	"fmt"
	"math"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/minio/minio-go/v7"

	"beacon/internal/flowlog"
	"beacon/internal/flowlog/stored"
)

// Names implements stored.Store.
func (s *Store) Names(arg string) bool { return IsURL(arg) }

// Find implements stored.Store. A URL that ends with a slash, or that names no object,
// stands for all objects below it, but for those in folders and files that begin with a
// dot or an underscore; in a pattern, * and ? are no slash.
func (s *Store) Find(arg string, wanted stored.Wanted) (stored.Found, error) {
	at, err := parse(arg)
	if err != nil {
		return stored.Found{}, err
	}
	client, err := s.client(at.scheme)
	if err != nil {
		return stored.Found{}, err
	}
	f := &finding{Store: s, place: at, core: minio.Core{Client: client}, arg: arg, wanted: wanted}
	switch i := strings.IndexAny(at.key, "*?["); {
	case i >= 0:
		err = f.matches(at.key[:i])
	case at.key != "" && !strings.HasSuffix(at.key, "/"):
		err = f.one()
	default:
		err = f.below(at.key)
	}
	if err == error(errListing) {
		err = &flowlog.InputError{Input: arg, Err: errListing.Err, Hint: errListing.Hint}
	}
	if err != nil {
		return stored.Found{}, failed(arg, err)
	}
	return f.result()
}

// finding is the search for what a URL names.
type finding struct {
	*Store
	place
	core    minio.Core
	arg     string
	wanted  stored.Wanted
	objects []*object
	listed  bool
	early   int    // objects left out: of another time
	newest  string // day of the newest key, where wanted.Back counts from it
}

func (f *finding) add(info minio.ObjectInfo) {
	f.objects = append(f.objects, &object{store: f.Store, core: f.core, place: place{f.scheme, f.bucket, info.Key}, etag: info.ETag, size: info.Size})
}

// one finds the object of a key or, where there is none, those below it.
func (f *finding) one() error {
	info, err := f.core.StatObject(f.Context, f.bucket, f.key, minio.StatObjectOptions{})
	if code := minio.ToErrorResponse(err).Code; code == "NoSuchKey" || code == "NotFound" {
		return f.below(f.key + "/")
	}
	if err != nil {
		return f.reason(err)
	}
	f.add(info)
	return nil
}

// reason returns why the object can't be had: the answer to HEAD has a status only.
func (f *finding) reason(err error) error {
	options := minio.GetObjectOptions{}
	if options.SetRange(0, 0) != nil || !lasting(err) {
		return err
	}
	body, _, _, told := f.core.GetObject(f.Context, f.bucket, f.key, options)
	if told != nil {
		return told
	}
	body.Close()
	return err
}

// below finds the objects below a prefix.
func (f *finding) below(prefix string) error {
	f.listed = true
	return f.list(prefix, func(key string) bool {
		for part := range strings.SplitSeq(strings.TrimPrefix(key, prefix), "/") {
			if strings.HasPrefix(part, ".") || strings.HasPrefix(part, "_") {
				return false
			}
		}
		return true
	})
}

// matches finds the objects that the key matches as a pattern.
func (f *finding) matches(prefix string) error {
	if _, err := path.Match(f.key, ""); err != nil {
		return &flowlog.InputError{Input: f.arg, Err: errors.New("not a pattern: a bracket isn't closed")}
	}
	return f.list(prefix, func(key string) bool {
		ok, _ := path.Match(f.key, key)
		return ok
	})
}

// list lists the keys with a prefix. A listing that begins again, or gives nothing for long, is an
// error.
func (f *finding) list(prefix string, wanted func(key string) bool) error {
	ctx, cancel := context.WithCancelCause(f.Context)
	defer cancel(nil)
	stalled := time.AfterFunc(listTimeout, func() { cancel(errListing) })
	defer stalled.Stop()
	seen, mark := 0, "" // Brent's algorithm: of keys that go round in a circle, the one that a power of two came to comes again
	for info := range f.core.ListObjectsIter(ctx, f.bucket, minio.ListObjectsOptions{Prefix: prefix, Recursive: true}) {
		if cause := context.Cause(ctx); cause != nil {
			return cause
		}
		if info.Err != nil {
			return info.Err
		}
		stalled.Reset(listTimeout)
		if info.Key == mark {
			return errListing
		}
		if seen++; seen&(seen-1) == 0 {
			mark = info.Key
		}
		if !strings.HasPrefix(info.Key, prefix) || strings.HasSuffix(info.Key, "/") || !wanted(info.Key) { // a folder, as consoles make them
			continue
		}
		if held, ok := periodOf(info.Key); ok && !held.meets(f.wanted.From, f.wanted.To) {
			f.early++
			continue
		}
		f.add(info)
	}
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	if seen == 0 {
		return f.checkEmpty(ctx, prefix)
	}
	if f.wanted.Back > 0 {
		f.leaveEarly()
	}
	return nil
}

// checkEmpty returns an error where a listing without a key isn't a store's: a page of something
// else holds none, either.
func (f *finding) checkEmpty(ctx context.Context, prefix string) error {
	checked := make(chan error, 1)
	go func() { // minio takes no context here
		answer, err := f.core.ListObjectsV2(f.bucket, prefix, "", "", "", 1)
		if err == nil && answer.Name == "" {
			err = errOther
		}
		checked <- err
	}()
	select {
	case err := <-checked:
		return err
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// listTimeout is how long a listing may give no key: longer than one request with its tries, whose
// error says more.
const listTimeout = 2 * requestTries * headerTimeout

// errListing is the end of a listing that leads nowhere.
var errListing = &flowlog.InputError{Err: errors.New("the store's listing begins again and again, or gives nothing"), Hint: "name a longer prefix; is the store one with the interface of S3?"}

// leaveEarly leaves out the objects whose keys say that they hold nothing of the last part of
// the log. The log's last flow is no earlier than the newest key says, if that stands in a row
// with others; one by itself may be of a clock that was wrong, and nothing is left out.
func (f *finding) leaveEarly() {
	var newest, next period // the last two that differ
	for _, o := range f.objects {
		switch held, ok := periodOf(o.key); {
		case !ok || held == newest:
		case held.begin.After(newest.begin):
			newest, next = held, newest
		case held.begin.After(next.begin):
			next = held
		}
	}
	if next.end.IsZero() || newest.begin.Sub(next.end) > periodMargin {
		return
	}
	from := newest.begin.Add(-periodMargin - f.wanted.Back).UnixNano()
	f.newest = newest.begin.Format(time.DateOnly)
	f.objects = slices.DeleteFunc(f.objects, func(o *object) bool {
		held, ok := periodOf(o.key)
		early := ok && !held.meets(from, math.MaxInt64)
		if early {
			f.early++
			f.left = max(f.left, from)
		}
		return early
	})
}

// Misses reports whether objects that Find left out because of Wanted.Back may hold flows from
// a time on, in ns since the Unix epoch: the log's last flow is much older than the newest key then.
func (s *Store) Misses(from int64) bool { return from < s.left }

// result returns the objects that were found.
func (f *finding) result() (stored.Found, error) {
	if len(f.objects) == 0 {
		err := &flowlog.InputError{Input: f.arg, Err: errors.New("no object matches"), Hint: "capitals count, and below a prefix what begins with . or _ is left out"}
		if f.early > 0 {
			err.Err = fmt.Errorf("none of its %d objects is of the time asked for, by their keys", f.early)
			err.Hint = "leave out --from and --to to read them all"
		}
		return stored.Found{}, err
	}
	if f.early > 0 && f.Note != nil {
		others := "lie outside --from and --to"
		if f.newest != "" {
			others = "are too old; the newest key is of " + f.newest
		}
		f.Note(fmt.Sprintf("%d of %d objects are read; by their keys, the others %s", len(f.objects), len(f.objects)+f.early, others))
	}
	found := stored.Found{Listed: f.listed}
	for i, o := range f.objects {
		o.list, o.at = &f.objects, i
		found.Objects = append(found.Objects, stored.NamedObject{URL: f.url(o.key), Object: o})
	}
	return found, nil
}
