// Package manual writes what a user reads about the commands: help texts, topics and
// manual pages, all from the commands' own definitions.
package manual

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// MinWidth is the narrowest help text, in columns: flags need as much.
const MinWidth = 40

// Group is a heading of the help text and the names of the flags that stand below it.
type Group struct {
	Name  string
	Flags []string
}

// grouped is flags below their heading.
type grouped struct {
	name  string
	flags *pflag.FlagSet
}

// leastGroups is how many groups the flags of a command must fill to stand below headings:
// fewer headings tell nothing.
const leastGroups = 3

// group sorts flags into groups, which come in their order; flags of no group come last. Flags
// that fill fewer than leastGroups groups are one.
func group(flags *pflag.FlagSet, groups []Group) (list []grouped) {
	rest := grouped{"", newSet()}
	for _, g := range groups {
		list = append(list, grouped{g.Name + " flags", newSet()})
	}
	flags.VisitAll(func(f *pflag.Flag) {
		i := slices.IndexFunc(groups, func(g Group) bool { return slices.Contains(g.Flags, f.Name) })
		if i < 0 {
			rest.flags.AddFlag(f)
		} else {
			list[i].flags.AddFlag(f)
		}
	})
	list = slices.DeleteFunc(list, func(g grouped) bool { return !g.flags.HasAvailableFlags() })
	if len(list) < leastGroups {
		return []grouped{{"Flags", flags}}
	}
	rest.name = "Other flags"
	if rest.flags.HasAvailableFlags() {
		list = append(list, rest)
	}
	return list
}

func newSet() *pflag.FlagSet { return pflag.NewFlagSet("", pflag.ContinueOnError) }

// Help returns the help text of a command, broken to fit a width in columns.
func Help(cmd *cobra.Command, groups []Group, width int) string {
	var b strings.Builder
	if topic := topicOf(cmd); topic {
		return Fill(cmd.Long, width) + "\n"
	}
	fmt.Fprintf(&b, "%s\n\nUsage:\n", Fill(description(cmd), width))
	if cmd.HasAvailableSubCommands() {
		writeCommands(&b, cmd, width)
	} else {
		b.WriteString(Hang("  "+cmd.CommandPath()+" ", strings.TrimPrefix(cmd.UseLine(), cmd.CommandPath()), width))
	}
	if cmd.Example != "" {
		fmt.Fprintf(&b, "\nExamples:\n%s\n", cmd.Example)
	}
	for _, g := range group(cmd.LocalFlags(), groups) {
		fmt.Fprintf(&b, "\n%s:\n%s", g.name, g.flags.FlagUsagesWrapped(width))
	}
	if cmd.HasAvailableInheritedFlags() {
		fmt.Fprintf(&b, "\nFlags of every command:\n%s", cmd.InheritedFlags().FlagUsagesWrapped(width))
	}
	if cmd.HasAvailableSubCommands() {
		b.WriteString("\n" + Hang("", cmd.CommandPath()+" COMMAND --help describes a command.", width))
	}
	return b.String()
}

func writeCommands(b *strings.Builder, cmd *cobra.Command, width int) {
	fmt.Fprintf(b, "  %s COMMAND\n\nCommands:\n", cmd.CommandPath())
	topics := false
	for _, sub := range cmd.Commands() {
		if sub.IsAvailableCommand() {
			b.WriteString(Hang(fmt.Sprintf("  %-10s ", sub.Name()), sub.Short, width))
		}
		topics = topics || topicOf(sub)
	}
	if !topics {
		return
	}
	fmt.Fprintf(b, "\nTopics (%s help TOPIC):\n", cmd.CommandPath())
	for _, sub := range cmd.Commands() {
		if topicOf(sub) {
			b.WriteString(Hang(fmt.Sprintf("  %-10s ", sub.Name()), sub.Short, width))
		}
	}
}

// topicOf reports whether a command is nothing but a text to read.
func topicOf(cmd *cobra.Command) bool { return cmd.IsAdditionalHelpTopicCommand() && !cmd.Hidden }

func description(cmd *cobra.Command) string {
	if cmd.Long != "" {
		return cmd.Long
	}
	return cmd.Short + "."
}

// Fill breaks the lines of each paragraph anew to fit the width. Paragraphs are
// separated by blank lines; one with an indented line stays as it is.
func Fill(text string, width int) string {
	paragraphs := strings.Split(strings.Trim(text, "\n"), "\n\n")
	for i, p := range paragraphs {
		if !indented(p) {
			paragraphs[i] = strings.TrimSuffix(Hang("", p, width), "\n")
		}
	}
	return strings.Join(paragraphs, "\n\n")
}

// indented reports whether a paragraph has an indented line.
func indented(p string) bool { return strings.HasPrefix(p, " ") || strings.Contains(p, "\n ") }

// Hang breaks text into lines that fit the width, the first after a lead and the
// others below its beginning.
func Hang(lead, text string, width int) string {
	var b strings.Builder
	indent := strings.Repeat(" ", utf8.RuneCountInString(lead))
	line, used := lead, 0
	for _, word := range strings.Fields(text) {
		if used > 0 && utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) > width {
			b.WriteString(strings.TrimRight(line, " ") + "\n")
			line, used = indent, 0
		}
		if used > 0 {
			line += " "
		}
		line += word
		used++
	}
	b.WriteString(strings.TrimRight(line, " ") + "\n")
	return b.String()
}

// Complete completes the words after help: the names of commands and topics.
func Complete(help *cobra.Command, words []string, _ string) (names []string, _ cobra.ShellCompDirective) {
	cmd, rest, err := help.Root().Find(words)
	if err != nil || len(rest) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	for _, c := range cmd.Commands() {
		if c.IsAvailableCommand() || topicOf(c) {
			names = append(names, cobra.CompletionWithDesc(c.Name(), c.Short))
		}
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}
