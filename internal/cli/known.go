package cli

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"beacon/internal/beacon"
	"beacon/internal/known"
	"beacon/internal/output"
	"beacon/internal/report/past"
	"beacon/internal/usage"
)

// known returns the command that writes files of the analyst's rules.
func (a *app) known() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "known",
		Short: "Write rules for services that you know and that call on a timer",
		Long: `A file of rules for detect --known is TOML. What a rule covers is explained with its
reason, never left out. A rule needs a reason, and a destination or a source:

  [[known]]
  destination = "192.0.2.0/24"   # a network, an address, a domain (example.com,
                                 # *.example.com), or a list of them
  source = "servers"             # likewise, or a name of [networks]
  port = 443                     # of the destination
  reason = "backup"
  expires = 2027-01-31           # the last day on which the rule holds
  by = "anna"

  [networks]
  servers = ["10.0.9.0/24"]`,
	}
	cmd.AddCommand(a.knownAdd(), a.knownConvert())
	return cmd
}

// knownAddFlags are the flags of beacon known add.
type knownAddFlags struct {
	ranks       []int
	anySource   bool
	reason, by  string
	expires     string
	output      string
	expiresTime time.Time
}

func (a *app) knownAdd() *cobra.Command {
	var k knownAddFlags
	cmd := &cobra.Command{
		Use:   "add FINDINGS...",
		Short: "Add rules that cover findings of earlier runs to a file",
		Long: `add writes a rule for each finding of these ranks: its destinations, sources and
port. FINDINGS is the ndjson, json or parquet of beacon detect. If the file of -o
exists, the rules are added at its end; what it holds stays, comments too.`,
		Example: `  beacon known add findings.ndjson --rank 3 --reason "backup" -o known.toml`,
		Args:    usage.AtLeast(1),
		RunE:    func(_ *cobra.Command, args []string) error { return a.addKnown(args, &k) },
	}
	f := cmd.Flags()
	f.IntSliceVar(&k.ranks, "rank", nil, "`ranks` of the findings, separated by commas")
	f.BoolVar(&k.anySource, "any-source", false, "let the rules hold for every source")
	f.StringVar(&k.reason, "reason", "", "`text` that explains the findings")
	f.StringVar(&k.by, "by", "", "`name` of who knows them")
	f.StringVar(&k.expires, "expires", "", "last `day` on which the rules hold, such as 2027-01-31")
	f.StringVarP(&k.output, "output", "o", "", "write to this `file`; by default to standard output")
	return cmd
}

func (a *app) addKnown(args []string, k *knownAddFlags) (err error) {
	switch {
	case len(k.ranks) == 0:
		return usage.Errorf("like --rank 3", "--rank is missing: which findings do you know?")
	case strings.TrimSpace(k.reason) == "":
		return usage.Errorf(`like --reason "backup"`, "--reason is missing: what are they?")
	}
	if k.expires != "" {
		if k.expiresTime, err = time.Parse(time.DateOnly, k.expires); err != nil {
			return usage.Errorf("like --expires 2027-01-31", "--expires %s: not a date", k.expires)
		}
	}
	if err := a.files.Check([]output.Target{output.To(output.Flag, k.output)}, a.sources(nil, args...)); err != nil {
		return err
	}
	var rules strings.Builder
	for _, path := range args {
		findings, err := a.readFindings(path)
		if err != nil {
			return err
		}
		for _, rank := range k.ranks {
			i := slices.IndexFunc(findings, func(e beacon.Earlier) bool { return e.Rank == rank })
			if i < 0 {
				return usage.Errorf(ranksOf(len(findings)), "--rank %d: %s has no finding of this rank", rank, path)
			}
			rules.WriteString("\n" + k.rule(&findings[i]))
		}
	}
	var old []byte
	if !output.IsStdout(k.output) {
		if old, err = readSettings(k.output); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("reading %s: %w", k.output, err)
		}
		if len(old) > 0 {
			if _, err := a.readKnown("-o", k.output); err != nil {
				return err
			}
			old = append(bytes.TrimRight(old, "\n"), '\n')
		}
	}
	text := string(old) + rules.String()
	if len(old) == 0 {
		text = strings.TrimPrefix(text, "\n")
	}
	return a.files.Write(k.output, func(w io.Writer) error {
		_, err := io.WriteString(w, text)
		return err
	})
}

// ranksOf says which ranks a file of so many findings has.
func ranksOf(findings int) string {
	if findings == 0 {
		return "the file has no findings"
	}
	return fmt.Sprintf("the file has the ranks 1 to %d", findings)
}

// rule returns the rule that covers a finding.
func (k *knownAddFlags) rule(e *beacon.Earlier) string {
	r := known.Rule{Port: e.Port, Reason: strings.TrimSpace(k.reason), By: k.by, Expires: k.expiresTime}
	for _, d := range e.Destinations {
		r.Destination = append(r.Destination, d.String())
	}
	for _, s := range e.Sources {
		if !k.anySource {
			r.Source = append(r.Source, s.String())
		}
	}
	return r.Text()
}

// readFindings reads the findings of an earlier run.
func (a *app) readFindings(path string) ([]beacon.Earlier, error) {
	text, err := a.readFile(path)
	if err != nil {
		return nil, fmt.Errorf("reading findings from %s: %w", path, err)
	}
	list, err := past.Read(text)
	if err != nil {
		return nil, fmt.Errorf("reading findings from %s: %w", path, err)
	}
	return list, nil
}

func (a *app) knownConvert() *cobra.Command {
	var path string
	cmd := &cobra.Command{
		Use:     "convert FILE",
		Short:   "Convert rules in CSV (network,port,reason) to TOML",
		Example: `  beacon known convert known.csv -o known.toml`,
		Args:    usage.Exactly(1),
		RunE: func(_ *cobra.Command, args []string) error {
			if err := a.files.Check([]output.Target{output.To(output.Flag, path)}, a.sources(nil, args[0])); err != nil {
				return err
			}
			text, err := a.readFile(args[0])
			if err != nil {
				return fmt.Errorf("reading %s: %w", args[0], err)
			}
			converted, err := known.Convert(args[0], text)
			if err != nil {
				return usage.Errorf("a line is network,port,reason like 192.0.2.0/24,8443,our monitoring or 198.51.100.7,*,backup", "%w", err)
			}
			return a.files.Write(path, func(w io.Writer) error {
				_, err := io.WriteString(w, converted)
				return err
			})
		},
	}
	cmd.Flags().StringVarP(&path, "output", "o", "", "write to this `file`; by default to standard output")
	return cmd
}
