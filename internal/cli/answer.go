package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"beacon/internal/beacon"
	"beacon/internal/build"
	"beacon/internal/escape"
	"beacon/internal/invocation"
	"beacon/internal/output"
	"beacon/internal/report"
	"beacon/internal/report/machine"
	"beacon/internal/usage"
)

// outputFlags holds the flags that say what is written of an answer, and where.
type outputFlags struct {
	path     string
	format   string
	verdicts []string
	exitCode bool

	chosen []beacon.Verdict // that --verdict names; nil without it
}

func (o *outputFlags) register(f *pflag.FlagSet) {
	f.StringVarP(&o.path, "output", "o", "", "write the answer to this `file`; by default to standard output")
	f.StringVarP(&o.format, "format", "f", "", "`format` of the answer, by default that of the file's extension, or else csv: "+strings.Join(outputList(), ", ")+" (beacon help outputs describes them)")
	f.StringSliceVar(&o.verdicts, "verdict", nil, "write the findings with these `verdicts`: "+verdictNames()+"; by default --exit-code and "+strings.Join(actingOutputs(), ", ")+" take beacon, the other formats all")
	f.BoolVar(&o.exitCode, "exit-code", false, "exit with status 3 if something was flagged")
}

// check reads --format and --verdict. It sets the format that -o asks for where --format
// doesn't.
func (o *outputFlags) check() error {
	for _, name := range o.verdicts {
		v, err := usage.Choose("verdict", name, verdictList())
		if err != nil {
			return err
		}
		o.chosen = append(o.chosen, beacon.Verdict(v))
	}
	path := o.path
	if output.IsStdout(path) {
		path = ""
	}
	if o.format == "" {
		o.format = defaultOutput
		if out := machine.ByEnding(path); out != nil {
			o.format = out.Name
		}
		return nil
	}
	name, err := usage.Choose("format", o.format, outputList())
	if err != nil {
		return err
	}
	o.format = name
	out, err := machine.Find(name)
	if err != nil {
		return err
	}
	if !out.Suits(path) {
		return usage.Errorf("leave out -f, or give the file another ending", "-f %s: the ending of %s stands for %s", out.Name, path, machine.ByEnding(path).Name)
	}
	return nil
}

// defaultOutput is the format of an answer whose file says nothing else.
const defaultOutput = "csv"

// outcome returns errFlagged where --exit-code is given and a finding has the verdict
// beacon, or one of those that --verdict names.
func (o *outputFlags) outcome(findings *beacon.Findings) error {
	if o.exitCode && findings.Select(o.telling()).Len() > 0 {
		return errFlagged
	}
	return nil
}

// telling returns the verdicts that something is told for: those of --verdict, or beacon.
func (o *outputFlags) telling() []beacon.Verdict {
	if o.chosen == nil {
		return []beacon.Verdict{beacon.VerdictBeacon}
	}
	return o.chosen
}

// actingOutputs returns the names of the formats that don't hold every verdict by default.
func actingOutputs() (names []string) {
	for _, out := range machine.Outputs() {
		if out.Verdicts != nil {
			names = append(names, out.Name)
		}
	}
	return names
}

func verdictList() []string {
	var names []string
	for _, v := range beacon.Verdicts() {
		names = append(names, string(v))
	}
	return names
}

func verdictNames() string { return strings.Join(verdictList(), ", ") }

// metaOf describes a run for the reports.
func metaOf(cmd *cobra.Command, args []string, q *asked) report.Meta {
	version := build.This().Name()
	meta := report.Meta{Program: "beacon " + version, Command: escape.Passwords(invocation.Command(cmd, args)), Inputs: invocation.WithoutPasswords(args),
		Version: version, Options: invocation.Options(cmd)}
	if q.log == nil {
		for _, url := range meta.Inputs {
			meta.Files = append(meta.Files, report.File{Name: url, Size: -1})
		}
		return meta
	}
	for _, in := range q.log.Inputs {
		meta.Files = append(meta.Files, report.File{Name: in.Name, Size: in.Size, Hash: fmt.Sprintf("xxh64:%016x", in.Beginning)})
	}
	return meta
}

// helpJSON returns the help topic that prints the JSON Schema of the answer.
func (a *app) helpJSON() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "json",
		Short: "Print the JSON Schema of detect -f json and ndjson",
	}
	cmd.SetHelpFunc(func(*cobra.Command, []string) {
		_, _ = a.stdout.People().Write(machine.JSONSchema()) // an error of the stream ends the run with a message
	})
	return cmd
}
