package cli

import (
	"os"
	"strings"

	"github.com/spf13/cobra"

	"beacon/internal/cli/queryflags"
	"beacon/internal/cli/readflags"
	"beacon/internal/flowlog"
	"beacon/internal/flowlog/clocks"
	"beacon/internal/flowlog/write"
	"beacon/internal/report/machine"
	"beacon/internal/shape"
)

// choices are the values that flags take, by the flag's name.
var choices = map[string]func() []string{
	"rule":         func() []string { return queryflags.Choices["rule"] },
	"by":           func() []string { return queryflags.Choices["by"] },
	"order":        func() []string { return queryflags.Choices["order"] },
	"shape":        shapeList,
	"verdict":      verdictList,
	"input-format": readflags.Formats,
	"time-format":  clocks.Formats,
	"compression":  func() []string { return []string{"snappy", "zstd", "none"} },
	"exclude":      func() []string { return []string{"multicast", "reserved"} },
}

// endings are those of the files that flags take, by the flag's name.
var endings = map[string][]string{"plot": {"png", "svg"}, "report": {"html", "htm"}, "known": {"toml"}, "mmdb": {"mmdb"}, "config": {"toml"}, "baseline": {"ndjson", "json", "parquet"}}

// setCompletion makes the shell complete the values of flags, and the names of formats.
func setCompletion(root *cobra.Command) {
	for _, cmd := range allCommands(root) {
		complete := func(name string, f func(cmd *cobra.Command, args []string, word string) ([]string, cobra.ShellCompDirective)) {
			if cmd.LocalNonPersistentFlags().Lookup(name) != nil {
				_ = cmd.RegisterFlagCompletionFunc(name, f) // an error only where it is registered twice
			}
		}
		for name, values := range choices {
			complete(name, func(_ *cobra.Command, _ []string, word string) ([]string, cobra.ShellCompDirective) {
				directive := cobra.ShellCompDirectiveNoFileComp
				if name == "exclude" {
					directive = cobra.ShellCompDirectiveDefault
				}
				return listed(values(), word), directive
			})
		}
		for name, list := range endings {
			complete(name, func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
				return list, cobra.ShellCompDirectiveFilterFileExt
			})
		}
		formats := write.Names
		if cmd.Name() == "detect" || cmd.Name() == "watch" {
			formats = outputList
		}
		complete("format", func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return formats(), cobra.ShellCompDirectiveNoFileComp
		})
		complete("tz", func(_ *cobra.Command, _ []string, word string) ([]string, cobra.ShellCompDirective) {
			return readflags.Zones(word), cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
		})
		complete("map", completeMap)
		if cmd.Name() == "formats" {
			cmd.ValidArgsFunction = func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
				return readflags.Formats(), cobra.ShellCompDirectiveNoFileComp
			}
		}
	}
}

// listed returns the values that may follow those that a word holds already, separated by
// commas.
func listed(values []string, word string) (list []string) {
	before := word[:strings.LastIndex(word, ",")+1]
	for _, v := range values {
		list = append(list, before+v)
	}
	return list
}

// completeMap completes COLUMN=NAME: the columns that a flow has, then those of the log that
// the command line names.
func completeMap(_ *cobra.Command, args []string, word string) (list []string, _ cobra.ShellCompDirective) {
	key, _, ok := strings.Cut(word, "=")
	if !ok {
		for _, k := range flowlog.MapKeys() {
			list = append(list, k+"=")
		}
		return list, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
	}
	for _, path := range args {
		if info, err := os.Stat(path); err != nil || !info.Mode().IsRegular() {
			continue // a pipe would block
		}
		log, err := flowlog.Open([]string{path}, strings.NewReader(""), flowlog.Options{})
		if err != nil {
			continue
		}
		for _, in := range log.Inputs {
			layout, _ := log.Layout(in) // the columns are what an error is about
			for _, c := range layout.Columns {
				list = append(list, key+"="+c.Name)
			}
		}
		log.Close()
	}
	return list, cobra.ShellCompDirectiveNoFileComp
}

func outputList() (names []string) {
	for _, out := range machine.Outputs() {
		names = append(names, out.Name)
	}
	return names
}

func shapeList() (names []string) {
	for _, s := range shape.All() {
		names = append(names, string(s))
	}
	return names
}
