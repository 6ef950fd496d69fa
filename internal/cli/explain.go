package cli

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"net/netip"
	"slices"

	"github.com/spf13/cobra"

	"beacon/internal/beacon"
	"beacon/internal/cli/queryflags"
	"beacon/internal/cli/readflags"
	"beacon/internal/flow"
	"beacon/internal/flowlog/write"
	"beacon/internal/inspect"
	"beacon/internal/netset"
	"beacon/internal/report/term"
	"beacon/internal/usage"
)

// explainFlags holds the flags of beacon explain.
type explainFlags struct {
	read     readflags.Flags
	query    queryflags.Flags
	decision decisionFlags
	others   othersFlags
	names    []string
}

func (a *app) explain() *cobra.Command {
	var e explainFlags
	cmd := &cobra.Command{
		Use:   "explain HOST|SOURCE,HOST[:PORT] INPUT...",
		Short: "Show why a destination was flagged or how nearly, what a host calls, or how a pair calls",
		Long: `explain draws everything that is known about a host or a pair of hosts:

  203.0.113.7             an external address: its slots, and the missing ones,
                          how many chance alone would fill, its calls over
                          time, its shape, sources, names and ports; its
                          schedules too with --rule rhythm
  c2.example.com          the same, of the addresses called by this name
  10.20.0.50              an internal host: its findings and what it calls
  laptop.corp.example     the same, of the host with this name or MAC, whatever
                          address it had (beacon help names)
  10.20.0.50,203.0.113.7  a pair: its calls, and the schedules that they keep

Each finding shows the parts of its rank.`,
		Example: `  beacon explain 80.155.115.153 flows.parquet
  beacon explain 80.155.115.153 flows.parquet --rule rhythm`,
		Args: usage.AtLeast(2),
		RunE: func(cmd *cobra.Command, args []string) error { return a.runExplain(cmd, args[0], args[1:], &e) },
	}
	f := cmd.Flags()
	e.read.Register(f)
	e.query.Register(f)
	e.decision.register(f)
	e.others.register(f)
	f.StringArrayVar(&e.names, "names", nil, "take names of destinations, or hosts from a DHCP, Defender or Sysmon log, from this `file` (repeatable)")
	return cmd
}

func (a *app) runExplain(cmd *cobra.Command, subject string, inputs []string, e *explainFlags) (err error) {
	ends, err := explainEnds(subject)
	if err != nil {
		return err
	}
	query, err := e.query.Query(slices.ContainsFunc(inputs, isTable), a.readFile)
	if err != nil {
		return err
	}
	query.Want = flow.Bytes | flow.Port | flow.Name
	opt, err := e.read.Options()
	if err != nil {
		return err
	}
	if err := e.decision.apply(a, &query, opt, e.names); err != nil {
		return err
	}
	q, err := a.ask(cmd.Context(), inputs, &e.read, opt)
	if err != nil {
		return err
	}
	defer func() { err = cmp.Or(err, q.close()) }()
	know, done, err := a.others(&e.others, &e.decision, opt)
	if err != nil {
		return err
	}
	defer done()
	q.find = know.after(q.find)
	query.From, query.To = q.from, q.to
	ends.Know(query.Names, cmp.Or(query.Leases, q.leases))
	x := &explanation{app: a, asked: q, query: query, known: query.Names, workers: e.read.Workers, rules: cmd.Flags().Changed("rule"), flags: &e.query}
	defer func() {
		for _, fs := range x.found {
			fs.Close()
		}
	}()
	return x.explain(cmd.Context(), &ends[0])
}

// explainEnds reads what is to be explained, one part of a selection: one host, or a pair.
func explainEnds(subject string) (write.Selection, error) {
	const hint = "like beacon explain 203.0.113.7 flows.csv, or 10.0.0.5,203.0.113.7:443, or c2.example.com"
	selection, err := write.ParseSelection(subject)
	if err != nil {
		return nil, usage.Errorf(hint, "explain: %w", err)
	}
	ends := selection[0]
	isOne := func(h write.Host) bool { return h.Name != "" || h.Network.IsValid() && h.Network.IsSingleIP() }
	switch {
	case len(selection) > 1:
		return nil, usage.Errorf(hint, "explain takes one host or one pair, not %d", len(selection))
	case !isOne(ends.Host), ends.Source != nil && !isOne(*ends.Source):
		return nil, usage.Errorf(hint, "explain takes addresses and names, and %s is neither", subject)
	}
	return selection, nil
}

// explanation is one run of beacon explain.
type explanation struct {
	app     *app
	asked   *asked
	query   beacon.Query
	known   map[netip.Addr][]string // names of addresses
	workers int
	rules   bool // the rules were chosen
	found   []*beacon.Findings
	flags   *queryflags.Flags
}

func (x *explanation) explain(ctx context.Context, ends *write.Ends) error {
	hosts := []netset.Host{{Addr: ends.Network.Addr(), Name: ends.Name}}
	if ends.Name != "" {
		day, fs, err := x.about(ctx, hosts[0], x.query.Rules)
		if err != nil {
			return err
		}
		if day != nil && ends.Source == nil {
			return x.destination(ctx, day, fs)
		}
		if day == nil {
			if hosts, err = x.named(ctx, ends); err != nil {
				return err
			}
			if len(hosts) == 0 {
				return x.source(ctx, &ends.Host)
			}
		}
	}
	if ends.Source != nil {
		return x.pair(ctx, ends.Source, hosts[0], ends.Port)
	}
	for _, host := range hosts {
		if err := x.host(ctx, host); err != nil {
			return err
		}
	}
	return nil
}

// maxNamed is how many hosts are explained that one text means.
const maxNamed = 5

// named returns the names that a domain (*.example.com) has in the log, most flows first.
// Of a name that nothing was called by it returns the addresses that --names knows by it,
// as it does of a domain without names; none if it is the name of a source.
func (x *explanation) named(ctx context.Context, ends *write.Ends) (hosts []netset.Host, err error) {
	if x.asked.log != nil {
		if hosts, err = inspect.NamesCalled(ctx, x.asked.log, x.workers, ends.Named); err != nil {
			return nil, err
		}
	}
	if len(hosts) == 0 {
		for addr, list := range x.known {
			if slices.ContainsFunc(list, ends.Named) {
				hosts = append(hosts, netset.HostOf(addr))
			}
		}
		slices.SortFunc(hosts, netset.Host.Compare)
	}
	if len(hosts) == 0 && (ends.Source != nil || len(ends.Addresses()) == 0) {
		return nil, fmt.Errorf("no flow goes to %s: neither the log nor --names knows the name", ends.Name)
	}
	if more := len(hosts) - maxNamed; more > 0 {
		x.app.note("beacon: note: %s is %d hosts; the first %d are explained", ends.Name, len(hosts), maxNamed)
		hosts = hosts[:maxNamed]
	}
	return hosts, nil
}

// ask puts a query to the log.
func (x *explanation) ask(ctx context.Context, query beacon.Query) (*beacon.Findings, error) {
	fs, err := x.asked.find(ctx, query)
	x.asked.done()
	if err != nil {
		return nil, err
	}
	x.found = append(x.found, fs)
	return fs, cmp.Or(x.app.checkInputs(x.asked.log), x.flags.CheckInternal(fs))
}

// about finds what the log says about a destination by the every-minute rule, whatever its
// slots, and by the rules of the query. The finding is nil if nobody calls it.
func (x *explanation) about(ctx context.Context, host netset.Host, rules beacon.Rule) (*beacon.Finding, *beacon.Findings, error) {
	query := x.query
	query.Only, query.Rules, query.Slots = []netset.Host{host}, rules|beacon.EveryMinute, 1
	fs, err := x.ask(ctx, query)
	if err != nil {
		return nil, nil, err
	}
	fs.JudgeAgainst(x.query.Slots)
	for f := range fs.Of(beacon.ScopeDestination) {
		if f.Destinations[0].Host == host {
			return f, fs, nil
		}
	}
	return nil, fs, fs.Err()
}

// both returns the rules that were chosen, or both.
func (x *explanation) both() beacon.Rule {
	if x.rules {
		return x.query.Rules
	}
	return beacon.EveryMinute | beacon.EveryRhythm
}

// host explains an address: a destination, or a source if nobody calls it.
func (x *explanation) host(ctx context.Context, host netset.Host) error {
	day, fs, err := x.about(ctx, host, x.query.Rules)
	if err != nil {
		return err
	}
	if day != nil {
		return x.destination(ctx, day, fs)
	}
	if !fs.Query.Internal.Has(host) {
		return fmt.Errorf("no flow goes from an internal address (%s) to %s", fs.Query.Internal, host)
	}
	source := write.HostOf(host)
	return x.source(ctx, &source)
}

// destination explains a destination that is called.
func (x *explanation) destination(ctx context.Context, day *beacon.Finding, fs *beacon.Findings) error {
	return draw(ctx, x.app.stdout, term.Options{}, func(w io.Writer, o term.Options) error { return cmp.Or(term.Explain(w, day, fs, o), fs.Err()) })
}

// subject returns the source that an address, or the name or MAC of a host, stands for.
func subject(source *write.Host) term.Subject {
	name := source.Name
	if name == "" {
		name = source.Network.Addr().String()
	}
	return term.Subject{Name: name, Is: func(s *beacon.Source) bool {
		return slices.ContainsFunc(s.Hosts(), source.Is) || s.Device != nil && source.IsDevice(&s.Device.Device)
	}}
}

// source explains an internal host.
func (x *explanation) source(ctx context.Context, host *write.Host) error {
	query := x.query
	query.Rules = x.both()
	fs, err := x.ask(ctx, query)
	if err != nil {
		return err
	}
	called, err := x.called(ctx, host, fs)
	if err != nil {
		return err
	}
	return draw(ctx, x.app.stdout, term.Options{}, func(w io.Writer, o term.Options) error {
		return cmp.Or(term.ExplainSource(w, subject(host), called, fs, o), fs.Err())
	})
}

// called returns what a host calls outside; nil of a table, which isn't asked.
func (x *explanation) called(ctx context.Context, host *write.Host, fs *beacon.Findings) ([]term.Called, error) {
	if x.asked.log == nil {
		return nil, nil
	}
	calls, err := inspect.CallsFrom(ctx, x.asked.log, x.workers, host)
	if err != nil {
		return nil, err
	}
	if len(calls) == 0 {
		return nil, fmt.Errorf("no flow goes from %s, or to it from an internal address (%s)", subject(host).Name, fs.Query.Internal)
	}
	list := []term.Called{}
	for _, c := range calls {
		if fs.Query.Internal.Has(c.Destination) {
			continue
		}
		c.Names = append(c.Names, x.known[c.Destination.Addr]...)
		list = append(list, term.Called(c))
	}
	return list, nil
}

// pair explains the calls of a source to a destination.
func (x *explanation) pair(ctx context.Context, from *write.Host, host netset.Host, port uint16) error {
	source := subject(from)
	day, fs, err := x.about(ctx, host, x.both())
	if err != nil {
		return err
	}
	if day == nil || !slices.ContainsFunc(day.Sources, func(s beacon.Source) bool { return source.Is(&s) }) {
		return fmt.Errorf("no flow goes from %s to %s, as an internal address (%s) and an external one", source.Name, host, fs.Query.Internal)
	}
	return draw(ctx, x.app.stdout, term.Options{}, func(w io.Writer, o term.Options) error {
		return cmp.Or(term.ExplainPair(w, source, port, day, fs, o), fs.Err())
	})
}
