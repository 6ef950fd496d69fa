package devicelog

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"beacon/internal/flowlog"
	"beacon/internal/flowlog/cut"
	"beacon/internal/flowlog/join"
	"beacon/internal/flowlog/wrap"
)

// dialect is one program's names for what a flow has, in separated text with a
// header and in JSON, whichever it is written as.
type dialect struct {
	name, doc, example string
	shown              string // what a record must have, for people

	// needs is groups of names: a log is of this dialect if it has one name of each.
	needs [][]string

	without []string // names that no log of this dialect has

	// names is what names stand for. Of several names of one value the first that
	// a record has a value of counts.
	names []named

	// finish, if set, completes the values of a record. The reason is as for
	// device.read; get returns what a name stands for in the record.
	finish func(v *values, get func(name string) []byte) (reason string)

	// check, if set, refuses a log by its beginning: the values of its first record.
	check func(get func(name string) []byte) error

	// only, if set, must hold besides.
	only func(head flowlog.Head) bool

	// elsewhere, if set, discards the open flows that another input of the log holds.
	elsewhere func(j *join.Joiner, w *flowlog.Worker, in *flowlog.Input, opt *flowlog.Options) error

	unit   time.Duration // of durations; 0 is a second
	prefer phase
	joined bool // a flow takes several records, which are joined by vKind
}

// named is a normalised name (see flowlog.NormalName) of a value.
type named struct {
	name  string
	value value
}

// named is the names of a value, apart by blanks.
func (v value) named(names string) (list []named) {
	for name := range strings.FieldsSeq(names) {
		list = append(list, named{name, v})
	}
	return list
}

// all is lists of names as one.
func all(lists ...[]named) (list []named) {
	for _, l := range lists {
		list = append(list, l...)
	}
	return list
}

// dialectRank is when dialects are asked: as formats with columns' names are.
const dialectRank = 5

func registerDialect(d *dialect) {
	flowlog.Register(&flowlog.Format{
		Name: d.name, Doc: d.doc, Example: d.example, Needs: d.shown, Gives: d.gives(), Rank: dialectRank,
		Sniff: func(head flowlog.Head) bool { return d.speaks(head) },
		Open:  d.open,
	})
}

// gives is what flows of this dialect have.
func (d *dialect) gives() string {
	var list []string
	for _, what := range [...]struct {
		name   string
		values []value
	}{{"ports", []value{vDstPort}}, {"protocol", []value{vProto}}, {"bytes", []value{vBytes, vSent}}, {"duration", []value{vDuration, vEnd}}, {"name", []value{vName}}} {
		for _, n := range d.names {
			if slices.Contains(what.values, n.value) {
				list = append(list, what.name)
				break
			}
		}
	}
	return strings.Join(list, ", ")
}

// speaks says whether the names of a log are this dialect's.
func (d *dialect) speaks(head flowlog.Head) bool {
	var names []string
	if cut.IsJSON(head) {
		names = cut.Names(head)
	} else if t, ok := cut.NewTable(head); ok {
		names = t.Names
	}
	return d.knows(names) && (d.only == nil || d.only(head))
}

func (d *dialect) knows(names []string) bool {
	for _, name := range d.without {
		if slices.Contains(names, name) {
			return false
		}
	}
	for _, group := range d.needs {
		found := false
		for _, name := range group {
			found = found || slices.Contains(names, name)
		}
		if !found {
			return false
		}
	}
	return len(names) > 0
}

// record reads the records of one dialect.
type record struct {
	*lineReader
	dialect *dialect
	get     func(name string) []byte
}

func (d *dialect) open(in *flowlog.Input, opt *flowlog.Options) (flowlog.Reader, error) {
	r := &reading{device: &device{name: d.name, prefer: d.prefer, joined: d.joined}, stamper: wrap.Stamper{Zone: opt.Location()}}
	if len(opt.Map) > 0 {
		return nil, &flowlog.InputError{Err: fmt.Errorf("--map: the columns of %s are known", d.name), Hint: "leave --map out, or read it as csv or json: --input-format csv"}
	}
	if cut.IsJSON(in.Head) {
		return d.openJSON(in, opt, r)
	}
	t, ok := cut.NewTable(in.Head)
	if !ok {
		return nil, errors.New("neither JSON nor a table with a header")
	}
	return d.openTable(in, opt, r, t)
}

// add takes the values of a record.
func (r *record) add(text []byte, v *values) error {
	var reason string
	v.unit = r.dialect.unit
	if r.dialect.finish != nil {
		reason = r.dialect.finish(v, r.get)
	}
	if reason == "" && !r.counts(v.phase) {
		reason = notFlow
	}
	var f flowlog.Flow
	if reason == "" {
		m := message{line: text, s: &r.stamper}
		reason = r.fill(&m, v, &f)
	}
	switch {
	case reason != "":
		return r.passOver(text, reason)
	case r.join != nil:
		return r.merge(v, &f)
	}
	return r.w.Add(&f)
}

// merge joins a record with the others of its flow.
func (r *record) merge(v *values, f *flowlog.Flow) error {
	key := join.KeyOf(v.text[vKind], f)
	if v.phase == half {
		return r.join.Half(r.w, key, f)
	}
	return r.join.Report(r.w, key, f, v.phase != interim)
}

// end returns what a joiner does at the end of a log of this dialect.
func (d *dialect) end(j *join.Joiner, in *flowlog.Input, opt *flowlog.Options) func(w *flowlog.Worker) error {
	return func(w *flowlog.Worker) error {
		if d.elsewhere != nil {
			if err := d.elsewhere(j, w, in, opt); err != nil {
				return err
			}
		}
		return j.End(w)
	}
}

// reverse makes the source of a record its destination.
func (v *values) reverse() {
	t := &v.text
	t[vSrc], t[vDst] = t[vDst], t[vSrc]
	t[vSrcPort], t[vDstPort] = t[vDstPort], t[vSrcPort]
	t[vSent], t[vReceived] = t[vReceived], t[vSent]
}
