package cli

import (
	"cmp"
	"context"
	"slices"

	"github.com/spf13/cobra"

	"beacon/internal/cli/readflags"
	"beacon/internal/clickhouse"
	"beacon/internal/flowlog"
	"beacon/internal/inspect"
	"beacon/internal/netset"
	"beacon/internal/usage"
	"beacon/internal/words"
)

func (a *app) inspect() *cobra.Command {
	var read readflags.Flags
	var internal []string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "inspect INPUT...",
		Short: "Describe what a log contains and how it is understood",
		Long: `inspect reads a log and describes it: its format, how each column is understood,
the number of flows, the records that can't be read and why, the time span, order
and gaps, the addresses, the networks that look internal, the directions and
durations of flows, and the busiest destinations.`,
		Example: `  beacon inspect flows.parquet
  beacon inspect --json conn.log.gz`,
		Args: usage.AtLeast(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			opt, err := read.Options()
			if err != nil {
				return err
			}
			options := inspect.Options{Workers: read.Workers}
			if len(internal) > 0 {
				if options.Internal, err = netset.ParseInternal(internal); err != nil {
					return usage.Errorf("like --internal 10.0.0.0/8", "--internal: %w", err)
				}
			}
			if _, err := read.Budget(); err != nil {
				return err
			}
			found, err := a.inspected(cmd.Context(), args, &read, opt, options)
			if found == nil {
				return err
			}
			// A log that is mostly bad is shown all the same, with the error.
			if asJSON {
				return cmp.Or(found.WriteJSON(a.stdout), err)
			}
			return cmp.Or(found.WriteText(a.stdout.People(), words.ZoneOf(opt.Zone)), err)
		},
	}
	read.Register(cmd.Flags())
	cmd.Flags().StringArrayVar(&internal, "internal", nil, "internal networks as `CIDR` prefixes separated by commas (repeatable); by default inferred")
	cmd.Flags().BoolVar(&asJSON, "json", false, "write JSON instead of text")
	return cmd
}

// inspected describes the log, or the table, that the arguments name.
func (a *app) inspected(ctx context.Context, args []string, read *readflags.Flags, opt flowlog.Options, options inspect.Options) (*inspect.Inspection, error) {
	if slices.ContainsFunc(args, isTable) {
		q, err := a.askTable(ctx, args, opt, read)
		if err != nil {
			return nil, err
		}
		defer q.close()
		return q.table.Inspect(ctx, clickhouse.InspectOptions{From: q.from, To: q.to, Internal: options.Internal, Latest: opt.Latest()})
	}
	log, err := a.open(ctx, args, read, opt)
	if err != nil {
		return nil, err
	}
	defer log.Close()
	show, done := a.logProgress("reading")
	log.Progress = show
	found, err := inspect.Inspect(ctx, log, options)
	done()
	if found == nil {
		return nil, err
	}
	if changed := a.checkInputs(log); changed != nil {
		return nil, changed
	}
	return found, err
}
