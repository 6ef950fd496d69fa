package cli

import (
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"beacon/internal/beacon"
	"beacon/internal/build"
	"beacon/internal/manual"
	"beacon/internal/output"
	"beacon/internal/report/machine"
	"beacon/internal/usage"
)

// setHelp makes a command and those below it print their help.
func (a *app) setHelp(root *cobra.Command) {
	root.SetHelpFunc(func(cmd *cobra.Command, _ []string) {
		fmt.Fprint(a.stdout.People(), manual.Help(cmd, flagGroups, a.helpColumns()))
	})
	root.SetUsageFunc(func(cmd *cobra.Command) error { return cmd.Help() })
}

// helpColumns returns the width of help texts.
func (a *app) helpColumns() int {
	if s := a.stdout.Screen; s.Terminal {
		return max(s.Width, manual.MinWidth)
	}
	return helpWidth
}

// outputLines returns the part of the topic outputs that lists the formats.
func outputLines() string {
	var b strings.Builder
	for _, out := range machine.Outputs() {
		about := out.Doc
		if len(out.Endings) > 0 {
			about += "; " + strings.Join(out.Endings, ", ")
		}
		if out.Verdicts != nil {
			about += "; verdict " + joined(out.Verdicts)
		}
		b.WriteString(manual.Hang(fmt.Sprintf("  %-14s ", out.Name), about, helpWidth))
	}
	return b.String()
}

func joined(verdicts []beacon.Verdict) string {
	var names []string
	for _, v := range verdicts {
		names = append(names, string(v))
	}
	return strings.Join(names, ", ")
}

// man returns a hidden command: the Makefile writes the manual pages with it.
func (a *app) man() *cobra.Command {
	return &cobra.Command{
		Use:    "man DIR",
		Short:  "Write the manual pages into a directory",
		Hidden: true,
		Args:   usage.Exactly(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			b := build.This()
			page := manual.Page{Version: b.Version, Groups: flagGroups}
			page.Date, _, _ = strings.Cut(b.Date, "T")
			for _, c := range allCommands(cmd.Root()) {
				if c.Hidden || !c.IsAvailableCommand() && !c.IsAdditionalHelpTopicCommand() && c.HasParent() || c.Long == "" && c.IsAdditionalHelpTopicCommand() {
					continue
				}
				path := filepath.Join(args[0], manual.PageName(c))
				if err := a.files.Check([]output.Target{output.To("page", path)}, a.sources(nil)); err != nil {
					return err
				}
				if err := a.files.Write(path, func(w io.Writer) error { return page.Man(w, c) }); err != nil {
					return err
				}
			}
			return nil
		},
	}
}
