package record

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

// Dialect is one program's names for what a flow has, in separated text with a
// header and in JSON, whichever it is written as.
type Dialect struct {
	Name, Doc, Example string
	Shown              string // what a record must have, for people

	// Needs is groups of names: a log is of this dialect if it has one name of each.
	Needs [][]string

	Without []string // names that no log of this dialect has

	// Names is what names stand for. Of several names of one value the first that
	// a record has a value of counts.
	Names []named

	// Finish, if set, completes the values of a record. The reason is as for
	// Device.Read; get returns what a name stands for in the record.
	Finish func(v *Values, get func(name string) []byte) (reason string)

	// Host, if set, is Finish for flowlog.Log.Hosts: see Values.OfHost.
	Host func(v *Values, get func(name string) []byte) (reason string)

	// Check, if set, refuses a log by its beginning: the values of its first record.
	Check func(get func(name string) []byte) error

	// Only, if set, must hold besides.
	Only func(head flowlog.Head) bool

	// Elsewhere, if set, discards the open flows that another input of the log holds.
	Elsewhere func(j *join.Joiner, w *flowlog.Worker, in *flowlog.Input, opt *flowlog.Options) error

	Also   string        // what Finish finds besides, as in flowlog.Format.Gives
	Unit   time.Duration // of durations; 0 is a second
	Prefer Phase
	Joined bool // a flow takes several records, which are joined by Kind
}

// named is a normalised name (see flowlog.NormalName) of a value.
type named struct {
	name  string
	value Value
}

// Named returns the names of a value, apart by blanks. Those of a time have the form too that
// Azure's portal exports: TimeGenerated [Local Time].
func (v Value) Named(names string) (list []named) {
	for name := range strings.FieldsSeq(names) {
		list = append(list, named{name, v})
		if v <= End {
			list = append(list, named{name + "localtime", v})
		}
	}
	return list
}

// All is lists of names as one.
func All(lists ...[]named) (list []named) {
	for _, l := range lists {
		list = append(list, l...)
	}
	return list
}

// dialectRank is when dialects are asked: as formats with columns' names are.
const dialectRank = 5

// RegisterDialect makes a dialect one of the formats of flow logs.
func RegisterDialect(d *Dialect) {
	f := &flowlog.Format{
		Name: d.Name, Doc: d.Doc, Example: d.Example, Needs: d.Shown, Gives: d.gives(), Rank: dialectRank,
		Sniff: func(head flowlog.Head) bool { return d.speaks(head) },
		Open:  d.open,
	}
	if d.Host != nil {
		own := *d
		own.Finish = d.Host
		f.Hosts = own.open
	}
	flowlog.Register(f)
}

// gives returns what flows of this dialect have.
func (d *Dialect) gives() string {
	var list []string
	for _, what := range [...]struct {
		name   string
		values []Value
	}{{"ports", []Value{DstPort}}, {"protocol", []Value{Proto}}, {"bytes", []Value{Bytes, Sent}}, {"duration", []Value{Duration, End}}, {"name", []Value{Name}}} {
		for _, n := range d.Names {
			if slices.Contains(what.values, n.value) {
				list = append(list, what.name)
				break
			}
		}
	}
	if d.Also != "" {
		list = append(list, d.Also)
	}
	return strings.Join(list, ", ")
}

// speaks says whether the names of a log are this dialect's.
func (d *Dialect) speaks(head flowlog.Head) bool {
	return d.knows(namesOf(head)) && (d.Only == nil || d.Only(head))
}

func (d *Dialect) knows(names []string) bool {
	for _, name := range d.Without {
		if slices.Contains(names, name) {
			return false
		}
	}
	for _, group := range d.Needs {
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

// dialectReader reads the records of one dialect.
type dialectReader struct {
	*LineReader
	dialect *Dialect
	get     func(name string) []byte
}

func (d *Dialect) open(in *flowlog.Input, opt *flowlog.Options) (flowlog.Reader, error) {
	r := &Reading{Device: &Device{Name: d.Name, Prefer: d.Prefer, Joined: d.Joined}, stamper: wrap.Stamper{Zone: d.zone(in.Head, opt)}}
	if len(opt.Map) > 0 {
		return nil, &flowlog.InputError{Err: fmt.Errorf("--map: the columns of %s are known", d.Name), Hint: "leave --map out, or read it as csv or json: --input-format csv"}
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

// zone returns the zone of times without one: UTC where the name of a column of times says so.
func (d *Dialect) zone(head flowlog.Head, opt *flowlog.Options) *time.Location {
	for _, name := range namesOf(head) {
		if slices.ContainsFunc(d.Names, func(n named) bool { return n.name == name && n.value <= End }) {
			opt = opt.For(name)
		}
	}
	return opt.Location()
}

// namesOf returns the names of the values of a log, normalised; nil where it is neither JSON nor
// a table with a header.
func namesOf(head flowlog.Head) []string {
	if cut.IsJSON(head) {
		return cut.Names(head)
	}
	if t, ok := cut.NewTable(head); ok {
		return t.Names
	}
	return nil
}

// add takes the values of a record.
func (r *dialectReader) add(text []byte, v *Values) error {
	var reason string
	v.Unit = r.dialect.Unit
	if r.dialect.Finish != nil {
		reason = r.dialect.Finish(v, r.get)
	}
	if reason == "" && !r.counts(v.Phase) {
		reason = NotFlow
	}
	var f flowlog.Flow
	if reason == "" {
		m := Message{Line: text, s: &r.Stamper}
		reason = r.fill(&m, v, &f)
	}
	switch {
	case reason != "":
		return r.passOver(text, reason)
	case r.join != nil:
		return r.merge(v, &f)
	}
	return r.W.Add(&f)
}

// merge joins a record with the others of its flow.
func (r *dialectReader) merge(v *Values, f *flowlog.Flow) error {
	key := join.KeyOf(v.Text[Kind], f)
	if v.Phase == Half {
		return r.join.Half(r.W, key, f)
	}
	return r.join.Report(r.W, key, f, v.Phase != Interim)
}

// end returns what a joiner does at the end of a log of this dialect.
func (d *Dialect) end(j *join.Joiner, in *flowlog.Input, opt *flowlog.Options) func(w *flowlog.Worker) error {
	return func(w *flowlog.Worker) error {
		if d.Elsewhere != nil {
			if err := d.Elsewhere(j, w, in, opt); err != nil {
				return err
			}
		}
		return j.End(w)
	}
}

// OfHost makes the values of a record tell that their source is an address of a host, as
// flowlog.Log.Hosts gives it. The reason is as for Device.Read.
func (v *Values) OfHost(name []byte) (reason string) {
	if cut.Null(name) {
		return NotFlow
	}
	v.Text[Dst], v.Text[Name] = v.Text[Src], name
	return ""
}

// Reverse makes the source of a record its destination.
func (v *Values) Reverse() {
	t := &v.Text
	t[Src], t[Dst] = t[Dst], t[Src]
	t[SrcPort], t[DstPort] = t[DstPort], t[SrcPort]
	t[Sent], t[Received] = t[Received], t[Sent]
}
