package manual

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// Page holds what the heading of a manual page says.
type Page struct {
	Date    string // such as 2026-11-27
	Version string
	Groups  []Group
}

// PageName returns the name of the manual page of a command: beacon-detect.1 or, of a topic,
// beacon-rhythm.7.
func PageName(cmd *cobra.Command) string { return pageTitle(cmd) + "." + section(cmd) }

func pageTitle(cmd *cobra.Command) string { return strings.ReplaceAll(cmd.CommandPath(), " ", "-") }

// section is 1 for a command and 7 for a topic.
func section(cmd *cobra.Command) string {
	if topicOf(cmd) {
		return "7"
	}
	return "1"
}

// Man writes the manual page of a command or topic as roff for man(7).
func (p Page) Man(w io.Writer, cmd *cobra.Command) error {
	var b strings.Builder
	fmt.Fprintf(&b, ".TH %q %q %q %q %q\n.nh\n.ad l\n", strings.ToUpper(pageTitle(cmd)), section(cmd), p.Date, "beacon "+p.Version, "beacon manual")
	fmt.Fprintf(&b, ".SH NAME\n%s \\- %s\n", roff(pageTitle(cmd)), roff(cmd.Short))
	if topicOf(cmd) {
		b.WriteString(".SH DESCRIPTION\n" + roffText(cmd.Long))
	} else {
		p.command(&b, cmd)
	}
	p.seeAlso(&b, cmd)
	_, err := io.WriteString(w, b.String())
	return err
}

func (p Page) command(b *strings.Builder, cmd *cobra.Command) {
	use := cmd.UseLine()
	if cmd.HasAvailableSubCommands() {
		use = cmd.CommandPath() + " COMMAND"
	}
	fmt.Fprintf(b, ".SH SYNOPSIS\n.B %s\n.SH DESCRIPTION\n%s", roff(use), roffText(description(cmd)))
	if cmd.HasAvailableSubCommands() {
		b.WriteString(".SH COMMANDS\n")
		for _, sub := range cmd.Commands() {
			if sub.IsAvailableCommand() {
				fmt.Fprintf(b, ".TP\n.B %s\n%s\n", roff(sub.Name()), roff(sub.Short))
			}
		}
	}
	for _, g := range group(cmd.LocalFlags(), p.Groups) {
		fmt.Fprintf(b, ".SH %s\n", strings.ToUpper(g.name))
		g.flags.VisitAll(func(f *pflag.Flag) { roffFlag(b, f) })
	}
	if cmd.HasAvailableInheritedFlags() {
		b.WriteString(".SH FLAGS OF EVERY COMMAND\n")
		cmd.InheritedFlags().VisitAll(func(f *pflag.Flag) { roffFlag(b, f) })
	}
	if cmd.Example != "" {
		fmt.Fprintf(b, ".SH EXAMPLES\n.nf\n%s\n.fi\n", roff(cmd.Example))
	}
}

func roffFlag(b *strings.Builder, f *pflag.Flag) {
	if f.Hidden {
		return
	}
	value, usage := pflag.UnquoteUsage(f)
	b.WriteString(".TP\n")
	if f.Shorthand != "" {
		fmt.Fprintf(b, "\\fB\\-%s\\fR, ", f.Shorthand)
	}
	fmt.Fprintf(b, "\\fB%s\\fR", roff("--"+f.Name))
	if value != "" {
		fmt.Fprintf(b, " \\fI%s\\fR", roff(value))
	}
	fmt.Fprintf(b, "\n%s", roff(usage))
	if def := strings.Trim(f.DefValue, "[]"); def != "" && def != "0" && def != "false" && f.Value.Type() != "bool" {
		fmt.Fprintf(b, " (default %s)", roff(def))
	}
	b.WriteString("\n")
}

// seeAlso names the page above, those beside and those below.
func (p Page) seeAlso(b *strings.Builder, cmd *cobra.Command) {
	var names []string
	add := func(c *cobra.Command) {
		if c != cmd && (c.IsAvailableCommand() || topicOf(c)) {
			names = append(names, fmt.Sprintf(".BR %s (%s)", roff(pageTitle(c)), section(c)))
		}
	}
	if cmd.HasParent() {
		names = append(names, fmt.Sprintf(".BR %s (1)", roff(pageTitle(cmd.Parent()))))
	}
	for _, sub := range cmd.Commands() {
		add(sub)
	}
	if len(names) > 0 {
		b.WriteString(".SH SEE ALSO\n" + strings.Join(names, ",\n") + "\n")
	}
}

// roffText returns text of paragraphs as roff; those with indented lines stay as they are.
func roffText(text string) string {
	var b strings.Builder
	for i, p := range strings.Split(strings.Trim(text, "\n"), "\n\n") {
		if i > 0 {
			b.WriteString(".PP\n")
		}
		if indented(p) {
			fmt.Fprintf(&b, ".nf\n%s\n.fi\n", roff(p))
		} else {
			b.WriteString(roff(p) + "\n")
		}
	}
	return b.String()
}

// roff escapes text: backslashes, hyphens that are to be copied, and dots and quotes that
// would begin a request.
func roff(text string) string {
	text = strings.NewReplacer(`\`, `\e`, "-", `\-`, "'", `\(aq`).Replace(text)
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		if strings.HasPrefix(line, ".") {
			lines[i] = `\&` + line
		}
	}
	return strings.Join(lines, "\n")
}
