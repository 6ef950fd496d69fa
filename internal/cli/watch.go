package cli

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"beacon/internal/beacon"
	"beacon/internal/cli/queryflags"
	"beacon/internal/engine"
	"beacon/internal/flow"
	"beacon/internal/flowlog"
	"beacon/internal/manual"
	"beacon/internal/objstore"
	"beacon/internal/output"
	"beacon/internal/report/machine"
	"beacon/internal/usage"
	"beacon/internal/watch"
	"beacon/internal/when"
	"beacon/internal/words"
)

// watchFlags are the flags of beacon watch: most of those of detect, and its own.
type watchFlags struct {
	detect        detectFlags
	length, every time.Duration // of the window, and from one answer to the next
	state, listen string
	once          bool
}

// notWatched are the flags of detect that make no sense for a window that moves, or for a
// program that nobody looks at.
var notWatched = []string{"from", "to", "last", "now", "where", "timeout", "print-sql", "exit-code", "top", "all", "baseline", "only-new", "strict"}

func (w *watchFlags) register(cmd *cobra.Command) {
	f := cmd.Flags()
	when.AddDuration(f, &w.length, "window", 24*time.Hour, "judge the flows of this `duration` before the latest one")
	when.AddDuration(f, &w.every, "every", 15*time.Minute, "answer again after this `duration`, if anything has come")
	f.StringVar(&w.state, "state", "", "keep the window and the checkpoint in this `directory`, and go on from there; by default in a temporary one, which doesn't outlast the run")
	f.StringVar(&w.listen, "listen", "", "serve /metrics (Prometheus) and /healthz at this `address`, such as 127.0.0.1:9090; by default nothing listens")
	f.BoolVar(&w.once, "once", false, "read what there is, answer once and exit, for cron: the next run goes on from the --state")
	var all cobra.Command
	w.detect.register(&all)
	all.Flags().VisitAll(func(flag *pflag.Flag) {
		if !slices.Contains(notWatched, flag.Name) {
			f.AddFlag(flag)
		}
	})
	w.detect.query.Rules = []string{queryflags.RuleEveryMinute, queryflags.RuleRhythm}
	f.Lookup("rule").DefValue = "[" + queryflags.RuleEveryMinute + "," + queryflags.RuleRhythm + "]"
	f.Lookup("output").Usage = "also write the whole answer to this `file`, anew with each answer"
	f.Lookup("verdict").Usage = "tell of findings with these `verdicts`, by default beacon, and write only these to outputs, by default those of the format: " + strings.Join(verdictList(), ", ")
}

func (a *app) watch() *cobra.Command {
	var w watchFlags
	cmd := &cobra.Command{
		Use:     "watch INPUT...",
		Short:   "Follow logs as they grow, and tell what is new",
		Long:    manual.Watch,
		Example: `  beacon watch flows.csv --once`,
		Args:    usage.AtLeast(1),
		RunE:    func(cmd *cobra.Command, args []string) error { return a.runWatch(cmd, args, &w) },
	}
	w.register(cmd)
	return cmd
}

func (a *app) runWatch(cmd *cobra.Command, args []string, w *watchFlags) error {
	if err := w.checkWatch(a, args); err != nil {
		return err
	}
	opt, err := w.detect.read.Options()
	if err != nil {
		return err
	}
	memory, err := w.detect.read.Budget()
	if err != nil {
		return err
	}
	asker := &watchAsker{app: a, cmd: cmd, args: args, flags: w, memory: memory, told: map[string]bool{}}
	if asker.drawings, err = w.detect.drawings(); err != nil {
		return err
	}
	asker.drawings = slices.DeleteFunc(asker.drawings, func(d drawing) bool { return d.path == "" })
	if err := asker.reload(); err != nil {
		return err
	}
	defer func() { asker.done() }()
	var written []string
	for _, t := range w.detect.targets() {
		written = append(written, t.Path)
	}
	state := w.state
	if state == "" {
		dir, done, err := a.files.TempDir("beacon-watch")
		if err != nil {
			return fmt.Errorf("the state directory: %w", err)
		}
		defer done()
		state = dir
	}
	watcher, held, err := watch.New(watch.Options{
		Args: args, Stdin: a.stdin, State: state, Ignore: written, Window: w.length, Every: w.every, Once: w.once, Log: opt,
		Answer: asker.answer, Publish: asker.publish, Holds: w.detect.output.telling(),
		Note: func(format string, args ...any) { a.note("beacon: "+format, args...) },
	})
	if err != nil {
		return err
	}
	defer held.Close()
	if w.listen != "" {
		server, err := watcher.Serve(w.listen)
		if err != nil {
			return usage.Errorf("like --listen 127.0.0.1:9090", "--listen %s: %w", w.listen, err)
		}
		defer server.Close()
	}
	a.run.OnHangup(func() {
		asker.again.Store(true)
		watcher.Ask()
	})
	return watcher.Run(cmd.Context())
}

// checkWatch refuses what can't be watched, and outputs that can't be written.
func (w *watchFlags) checkWatch(a *app, args []string) error {
	switch {
	case slices.ContainsFunc(args, isTable):
		return usage.Errorf("ask a table at intervals, with detect --baseline", "a table can't be watched")
	case slices.ContainsFunc(args, objstore.IsURL):
		return usage.Errorf("ask at intervals, with detect --last 24h --baseline", "an object store can't be watched")
	case w.length <= 0:
		return usage.Errorf("like --window 24h", "--window %s: must be longer than 0", words.Typed(w.length))
	case w.every <= 0:
		return usage.Errorf("like --every 15m", "--every %s: must be longer than 0", words.Typed(w.every))
	case w.detect.output.path == output.Std:
		return usage.Errorf("leave out -o, or name a file", "-o -: standard output is for what is new")
	case w.detect.output.path == "" && w.detect.output.format != "":
		return usage.Errorf("name the file with -o", "-f %s: no file to write was named", w.detect.output.format)
	}
	if info, err := os.Stat(w.state); w.state != "" && err == nil && !info.IsDir() {
		return usage.Errorf("name a directory; it is created", "--state %s: is no directory", w.state)
	}
	if err := w.detect.checkOutputs(a, args); err != nil {
		return err
	}
	return w.detect.output.check()
}

// watchAsker answers the question about each window, and hands out the answer.
type watchAsker struct {
	*app
	cmd      *cobra.Command
	args     []string
	flags    *watchFlags
	memory   int64
	query    beacon.Query
	know     knowledge
	done     func() // closes what know reads
	drawings []drawing
	told     map[string]bool // warnings of the last answer
	again    atomic.Bool     // the files of what is known are to be read again
}

// reload reads the files that say what is known: those of --known, --names, --exclude, --intel
// and --mmdb. After an error what was known before holds.
func (w *watchAsker) reload() error {
	d := &w.flags.detect
	query, err := d.question(w.app, w.args)
	if err != nil {
		return err
	}
	opt, err := d.read.Options()
	if err != nil {
		return err
	}
	if err := d.decision.apply(w.app, &query, opt, d.names); err != nil {
		return err
	}
	know, done, err := w.others(&d.others, &d.decision, opt)
	if err != nil {
		return err
	}
	if w.done != nil {
		w.done()
	}
	query.Want |= flow.Bytes | flow.Port | flow.Name // events carry them
	w.query, w.know, w.done = query, know, done
	return nil
}

// answer asks the window.
func (w *watchAsker) answer(ctx context.Context, log *flowlog.Log) (*beacon.Findings, error) {
	if w.again.Swap(false) {
		if err := w.reload(); err != nil {
			w.warn("what was known before is still used: %v", err)
		} else {
			w.note("beacon: what is known was read again")
		}
	}
	query := w.query
	query.From, query.To = log.Bounds()
	eng := &engine.Engine{Log: log, Workers: w.flags.detect.read.Workers, Memory: ofTables(w.memory)}
	return w.know.after(eng.Find)(ctx, query)
}

// publish writes the outputs, then what is new.
func (w *watchAsker) publish(a *watch.Answer) error {
	meta := metaOf(w.cmd, w.args, &asked{log: a.Log})
	for _, out := range w.drawings {
		if err := w.files.Write(out.path, func(to io.Writer) error { return out.draw(to, a.Findings, meta) }); err != nil {
			return err
		}
	}
	if err := cmp.Or(machine.WriteEvents(w.stdout, a.Events), w.stdout.Flush()); err != nil {
		return fmt.Errorf("writing standard output: %w", output.Bare(err))
	}
	told := map[string]bool{}
	for _, warning := range a.Findings.Warnings {
		if told[warning.Text] = true; !w.told[warning.Text] {
			w.warn("%s", warning.Text)
			w.hint(warning.Hint)
		}
	}
	w.told = told
	w.note("%s: %s flows in %s, %s, %d told", a.Findings.Zone.Second(a.To), words.Thousands(a.Findings.Totals.Flows), words.Length(w.flags.length),
		words.Plural(int64(a.Findings.Count(beacon.VerdictBeacon)), "beacon", "beacons"), len(a.Events))
	return nil
}
