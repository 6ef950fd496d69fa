package cli

import (
	"cmp"
	"context"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"beacon/internal/cli/readflags"
	"beacon/internal/escape"
	"beacon/internal/flowlog"
	"beacon/internal/flowlog/names"
	"beacon/internal/flowlog/write"
	"beacon/internal/output"
	"beacon/internal/usage"
	"beacon/internal/words"
)

func (a *app) showFlows() *cobra.Command {
	var read readflags.Flags
	var path, format string
	var nameFiles []string
	cmd := &cobra.Command{
		Use:   "show HOST|SOURCE,HOST[:PORT] INPUT...",
		Short: "Write the flows of a host or of a pair of hosts, from any kind of log",
		Long: `show writes the flows of a host, or those between two hosts, in the order of the
log. A HOST is an address, a network or a name, with a port or without:

  203.0.113.7                 flows with this address at either end
  10.20.0.0/16                flows of a network
  10.0.0.5,203.0.113.7        flows between two hosts
  10.0.0.5,203.0.113.7:443    the same, to this port of the second
  c2.example.com              flows that the log, or --names, knows by this name
  laptop.corp.example         flows of the host with this name or MAC, while it
                              had the address (beacon help names)
  *.example.com               flows to any name below example.com
  :8443                       flows to a port
  203.0.113.7+198.51.100.9    flows of the one or of the other

If the log is written in its own format, its lines are written as they are, with all
their columns: a Zeek log with -f zeek keeps uid, service and conn_state. The flows
of a ClickHouse table are written in order of time.`,
		Example: `  beacon show 80.155.115.153 flows.parquet
  beacon show 198.18.2.11,80.155.115.153 flows.parquet
  beacon show 80.155.115.153+78.161.198.188 flows.parquet -f parquet -o both.parquet`,
		Args: usage.AtLeast(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			selection, err := write.ParseSelection(args[0])
			if err != nil {
				return usage.Errorf("like 203.0.113.7, 10.0.0.5,203.0.113.7:443 or c2.example.com", "show: %w", err)
			}
			targets := []output.Target{output.To(output.Flag, path)}
			if err := a.files.Check(targets, a.sources(args[1:], nameFiles...)); err != nil {
				return err
			}
			opt, err := read.Options()
			if err != nil {
				return err
			}
			forPeople := format == "" && output.IsStdout(path)
			if format, err = writeFormat(format, path); err != nil {
				return err
			}
			if _, err := read.Budget(); err != nil {
				return err
			}
			known, err := names.Read(nameFiles, &a.objects, &opt)
			if err != nil {
				return err
			}
			a.warnSkipped(known.Skipped)
			return a.pick(cmd.Context(), args[1:], &read, opt, targets[0], &picking{selection, format, forPeople, args[0], known})
		},
	}
	read.Register(cmd.Flags())
	cmd.Flags().StringVarP(&path, "output", "o", "", "write to this `file`; by default to standard output")
	cmd.Flags().StringVarP(&format, "format", "f", "", "`format` to write: "+strings.Join(write.Names(), ", ")+"; by default that of the file name's extension, or csv")
	cmd.Flags().StringArrayVar(&nameFiles, "names", nil, "find hosts by their names in this `file` (repeatable)")
	return cmd
}

// picking holds what show writes.
type picking struct {
	selection write.Selection
	format    string
	forPeople bool   // on the screen
	subject   string // what the selection was read from
	known     names.Table
}

// pick writes the flows of the log, or the table, that the arguments name.
func (a *app) pick(ctx context.Context, args []string, read *readflags.Flags, opt flowlog.Options, to output.Target, p *picking) error {
	if slices.ContainsFunc(args, isTable) {
		p.selection.Know(p.known.Names, p.known.Leases)
		flows, err := a.pickFromTable(ctx, args, read, opt, to.Path, p)
		if err == nil {
			a.showPicked(flows, to, p)
		}
		return err
	}
	log, err := a.open(ctx, args, read, opt)
	if err != nil {
		return err
	}
	defer log.Close()
	if err := a.files.Check([]output.Target{to}, output.Opened(log)); err != nil {
		return err
	}
	if len(p.selection.Names()) > 0 {
		if p.known.Leases == nil {
			p.known.Leases = names.Beside(ctx, log, read.Workers, &a.objects, &opt)
		}
		p.selection.Know(p.known.Names, p.known.Leases)
	}
	var flows int64
	err = a.writePicked(to.Path, p, func(w io.Writer) error {
		report, n, err := write.Show(ctx, log, p.selection, p.format, w)
		if err != nil {
			return err
		}
		flows = n
		a.showReading(log, report)
		a.showDamage(report)
		return a.checkInputs(log)
	})
	if err == nil {
		a.showPicked(flows, to, p)
	}
	return err
}

// showPicked says how many flows were written, where they aren't on the screen, or that none was.
func (a *app) showPicked(flows int64, to output.Target, p *picking) {
	switch {
	case flows == 0:
		a.warn("no flow matches %s", p.subject)
		if strings.Contains(p.subject, ",") {
			a.hint("A,B stands for the flows between A and B, A+B for those that either takes part in")
		}
	case !output.IsStdout(to.Path):
		a.noteWritten(flows, to, p.format)
	}
}

// noteWritten says how many flows were written to a file.
func (a *app) noteWritten(flows int64, to output.Target, format string) {
	a.note("%s written to %s as %s", words.Plural(flows, "flow", "flows"), to.Name(), format)
}

// writePicked writes flows to a file, or to the screen.
func (a *app) writePicked(path string, p *picking, pick func(io.Writer) error) error {
	return a.files.Write(path, func(w io.Writer) error {
		if !p.forPeople {
			return pick(w)
		}
		w, end := escape.CSV(a.stdout.People())
		return cmp.Or(pick(w), end())
	})
}

// writeFormat returns the format to write: the one that is named, or that the file's
// ending says, or CSV.
func writeFormat(name, path string) (string, error) {
	if name == "" {
		return write.FormatFor(path), nil
	}
	if _, err := write.FormatOf(name); err != nil {
		return "", usage.Errorf("", "--format: %w", err)
	}
	return name, nil
}
