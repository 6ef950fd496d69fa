package cli

import (
	"cmp"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"beacon/internal/beacon"
	"beacon/internal/flow"
	"beacon/internal/report"
)

func (a *app) explain() *cobra.Command {
	var read readFlags
	var ask queryFlags
	cmd := &cobra.Command{
		Use:   "explain IP INPUT...",
		Short: "Show why a destination was flagged, or what it lacks",
		Long: `explain draws one destination: its slots as a strip with the missing ones marked,
the flows of each, how many slots chance alone would fill at its number of flows,
its calls over the log, shape, sources, ports and names.`,
		Example: `  beacon explain 80.155.115.153 flows.parquet`,
		Args:    cobra.MinimumNArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.runExplain(cmd, args, &read, &ask)
		},
	}
	read.register(cmd)
	ask.register(cmd)
	return cmd
}

func (a *app) runExplain(cmd *cobra.Command, args []string, read *readFlags, ask *queryFlags) (err error) {
	addrs, err := addresses("explain", args[:1])
	if err != nil {
		return err
	}
	if len(addrs) != 1 {
		return usagef("like beacon explain 80.155.115.153 flows.parquet", "explain takes one address, not %d", len(addrs))
	}
	query, err := ask.query(read, args[1:])
	if err != nil {
		return err
	}
	memory, err := parseSize("--memory", ask.memory)
	if err != nil {
		return err
	}
	q, err := a.ask(cmd.Context(), args[1:], read, memory)
	if err != nil {
		return err
	}
	defer func() { err = cmp.Or(err, q.close()) }()

	// One slot is enough to be gathered; the shape and the odds are of the rule
	// that was asked.
	wide := query
	wide.Rules, wide.Slots, wide.Only = beacon.EveryMinute, 1, addrs
	wide.Want |= flow.Bytes | flow.Port | flow.Name
	findings, err := q.find(cmd.Context(), wide)
	q.done()
	if err != nil {
		return err
	}
	if len(findings.List) == 0 {
		return fmt.Errorf("no flow goes from an internal address to %s", addrs[0])
	}
	findings.Query.Slots = query.Slots
	f := &findings.List[0]
	beacon.JudgeShape(f, findings.Totals, &findings.Query)
	s := screenOf(a.stdout)
	return writeOutput("", a.stdout, func(w io.Writer) error {
		return report.Explain(w, f, findings, report.TableOptions{Width: s.width, Color: s.color})
	})
}
