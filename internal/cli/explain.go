package cli

import (
	"cmp"
	"fmt"

	"github.com/spf13/cobra"

	"beacon/internal/beacon"
	"beacon/internal/flow"
	"beacon/internal/flowlog/names"
	"beacon/internal/report/term"
)

func (a *app) explain() *cobra.Command {
	var read readFlags
	var ask queryFlags
	var nameFiles []string
	cmd := &cobra.Command{
		Use:   "explain IP INPUT...",
		Short: "Show why a destination was flagged, or how nearly",
		Long: `explain draws one external address: the slots in which it was called and those
that are missing, how many chance alone would fill, its calls over time, its
shape, its sources, names and ports. With --rule rhythm it also lists what the
rhythm rule says of each source and port that calls it.`,
		Example: `  beacon explain 80.155.115.153 flows.parquet
  beacon explain 80.155.115.153 flows.parquet --rule rhythm`,
		Args: cobra.MinimumNArgs(2),
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			query, err := ask.query(&read, args[1:])
			if err != nil {
				return err
			}
			if query.Only, err = addresses("explain", args[:1]); err != nil {
				return err
			}
			if len(query.Only) != 1 {
				return usagef("like beacon explain 80.155.115.153 flows.parquet", "explain takes one address, not %d", len(query.Only))
			}
			known, err := names.Read(nameFiles)
			if err != nil {
				return err
			}
			query.Rules |= beacon.EveryMinute
			query.Want = flow.Bytes | flow.Port | flow.Name
			slots := query.Slots
			query.Slots = 1 // whatever is called at all
			q, err := a.ask(cmd.Context(), args[1:], &read)
			if err != nil {
				return err
			}
			defer func() { err = cmp.Or(err, q.close()) }()
			findings, err := q.find(cmd.Context(), query)
			q.done()
			if err != nil {
				return err
			}
			if err := a.checkInputs(q.log); err != nil {
				return err
			}
			if len(findings.Of(beacon.ScopeDestination)) == 0 {
				return fmt.Errorf("no flow goes from an internal address (%s) to %s", findings.Query.Internal, query.Only[0])
			}
			findings.JudgeAgainst(slots)
			findings.AddNames(known)
			s := screenOf(a.stdout)
			return term.Explain(a.stdout.people(), findings.Of(beacon.ScopeDestination)[0], findings, term.Options{Width: s.width, Color: s.color})
		},
	}
	read.register(cmd)
	ask.register(cmd)
	cmd.Flags().StringArrayVar(&nameFiles, "names", nil, "take names of destinations from this `file` (repeatable)")
	return cmd
}
