package cli

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"beacon/internal/console"
	"beacon/internal/interrupt"
	"beacon/internal/known"
	"beacon/internal/manual"
	"beacon/internal/objstore"
	"beacon/internal/output"
	"beacon/internal/report/term"
	"beacon/internal/settings"
	"beacon/internal/spelling"
	"beacon/internal/trust"
	"beacon/internal/usage"
)

// app is one run of the command line: its streams and what holds for every
// command.
type app struct {
	stdin          io.Reader
	stdout, stderr *console.Console
	files          output.Files
	run            interrupt.Run
	quiet          bool
	config         string            // --config
	origins        map[string]string // of the flags that aren't at their default
	networks       []known.Network   // that the settings name
	settings       settings.File
	objects        objstore.Store
	trust          trust.Files
}

// Main runs the command line and returns the exit status: 0 success, 1 failure,
// 2 wrong usage, 3 something was flagged (with --exit-code) or differs (diff), 130, 143
// or 129 interrupted by SIGINT, SIGTERM or SIGHUP. An interrupted run leaves no
// temporary file and no half-written output.
func Main(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	a := &app{stdin: stdin, stdout: console.New(stdout, term.PlainWidth), stderr: console.New(stderr, term.PlainWidth)}
	a.files = output.Files{Stdin: stdin, Stdout: a.stdout, Objects: &a.objects}
	root := a.root()
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(a.stdout.People())
	root.SetErr(a.stderr.People())
	status, err := a.run.Do(root.ExecuteContext, func() {
		a.stdout.End()
		a.stderr.End()
		a.files.Discard()
	})
	if status != 0 {
		interrupt.Say(stderr)
		return status
	}
	if full := a.stdout.Finish(); err == nil && full != nil {
		err = fmt.Errorf("writing standard output: %w", output.Bare(full))
	}
	if err != nil {
		return a.printError(err)
	}
	return statusOK
}

func (a *app) root() *cobra.Command {
	cobra.EnableCommandSorting = false // the help lists commands in the order of use
	root := &cobra.Command{
		Use:   "beacon",
		Short: "Find the external addresses that internal hosts call on a schedule",
		Long: `beacon reads a flow log (who talked to whom, and when), finds the external
addresses that are called on a schedule, and names the internal hosts that call
them.

  beacon inspect flows.parquet
  beacon detect flows.parquet -o flag_d.csv`,
		SilenceErrors: true,
		SilenceUsage:  true,
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error {
			a.objects.Context = cmd.Context()
			a.objects.Authorities = a.trust.Authorities
			a.objects.Note = func(text string) { a.note("%s", text) }
			return a.configure(cmd)
		},
	}
	root.PersistentFlags().BoolVarP(&a.quiet, "quiet", "q", false, "print only warnings and errors")
	root.PersistentFlags().StringVar(&a.config, "config", "", "settings `file` (TOML, flag = value); by default beacon/config.toml in your configuration folder")
	root.PersistentFlags().StringVar(&a.objects.Endpoint, "endpoint", "", "`URL` of the object store that holds s3:// inputs and outputs, if it isn't Amazon's")
	root.PersistentFlags().StringVar(&a.trust.Authorities, trust.FlagAuthorities, "", "ClickHouse and object stores: trust the certificate authorities in this `file` (PEM), besides the system's")
	root.PersistentFlags().StringVar(&a.trust.Certificate, trust.FlagCertificate, "", "ClickHouse: `file` of the client certificate (PEM)")
	root.PersistentFlags().StringVar(&a.trust.Key, trust.FlagKey, "", "ClickHouse: `file` of the client certificate's key (PEM)")
	showVersion := root.Flags().BoolP("version", "v", false, "print the version")
	root.SetFlagErrorFunc(usage.FlagError)
	root.AddCommand(a.inspect(), a.detect(), a.explain(), a.showFlows(), a.watch(), a.diff(), a.known(), a.convert(), a.formats(), a.simulate(), a.showSettings(), a.licenses(), a.version(), a.man(), a.helpJSON())
	root.AddCommand(manual.Topics(map[string]string{"outputs": outputLines()})...)
	root.InitDefaultCompletionCmd()
	if completion, _, err := root.Find([]string{"completion"}); err == nil {
		completion.Short = "Write the script that completes commands, flags and values in a shell"
		completion.Long = "completion writes a script for bash, zsh, fish or PowerShell: completion SHELL --help says how to load it. make install and the packages install those of bash, zsh and fish."
	}
	for _, cmd := range allCommands(root) {
		if cmd.Args == nil && cmd.HasParent() && !cmd.HasSubCommands() {
			cmd.Args = usage.Exactly(0)
		}
	}
	a.setHelp(root)
	setCompletion(root)
	// An unknown command or none at all: cobra's own errors are wrong usage.
	root.Args = func(_ *cobra.Command, args []string) error {
		if len(args) == 0 {
			return nil
		}
		return noSuchName(root, "command", args[0])
	}
	root.InitDefaultHelpCmd()
	if help, _, err := root.Find([]string{"help"}); err == nil {
		help.ValidArgsFunction = manual.Complete
		help.Args = func(_ *cobra.Command, args []string) error {
			if cmd, rest, err := root.Find(args); err == nil && (cmd != root || len(rest) == 0) {
				return nil
			}
			return noSuchName(root, "command or topic", args[0])
		}
	}
	root.RunE = func(cmd *cobra.Command, _ []string) error {
		if *showVersion {
			return a.printVersion()
		}
		return cmd.Help()
	}
	return root
}

// noSuchName returns the error of a name that is no command and no topic.
func noSuchName(root *cobra.Command, kind, name string) error {
	var names []string
	for _, c := range root.Commands() {
		names = append(names, c.Name())
	}
	return usage.Errorf(spelling.DidYouMean(name, names, "beacon --help lists the commands"), "there is no %s %q", kind, name)
}

func allCommands(cmd *cobra.Command) []*cobra.Command {
	all := []*cobra.Command{cmd}
	for _, sub := range cmd.Commands() {
		all = append(all, allCommands(sub)...)
	}
	return all
}

// sources returns what a command reads: its arguments, the files of its flags, the settings and
// certificates.
func (a *app) sources(args []string, files ...string) []output.Source {
	return a.files.Sources(args, append(files, a.settings.Path, a.trust.Authorities, a.trust.Certificate, a.trust.Key)...)
}
