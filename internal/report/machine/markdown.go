package machine

import (
	"bufio"
	"fmt"
	"strings"

	"beacon/internal/beacon"
	"beacon/internal/reason"
	"beacon/internal/report"
	"beacon/internal/words"
)

func init() {
	register(&Output{
		Name:    "markdown",
		Doc:     "the findings as text for a ticket",
		Endings: []string{".md", ".markdown"},
		Write:   writeMarkdown,
	})
}

// writeMarkdown writes the run, a table with a line for each finding, and then each
// finding with its hosts and reasons.
func writeMarkdown(w *bufio.Writer, fs *beacon.Findings, meta report.Meta) error {
	fmt.Fprintf(w, "# %s\n\n", words.Plural(int64(fs.Len()), "finding", "findings"))
	if meta.Program != "" {
		fmt.Fprintf(w, "- %s\n", markdown(meta.Program))
	}
	for i := range meta.Files {
		fmt.Fprintf(w, "- input: %s\n", markdownFile(&meta.Files[i]))
	}
	fmt.Fprintf(w, "- %s\n", markdown(report.TotalsLine(&fs.Totals, utcZone)))
	for _, warning := range fs.Warnings {
		fmt.Fprintf(w, "- warning: %s\n", markdown(warning.Text))
	}
	for _, line := range report.GoneLines(fs) {
		fmt.Fprintf(w, "- gone since the earlier findings: %s\n", markdown(line))
	}
	if fs.Len() == 0 {
		return nil
	}
	w.WriteString("\n| rank | verdict | source | destination | port | pattern | calls | first (UTC) | last (UTC) |\n")
	w.WriteString("| ---: | --- | --- | --- | --- | --- | ---: | --- | --- |\n")
	for f := range fs.All() {
		fmt.Fprintf(w, "| %d | %s | %s | %s | %s | %s | %s | %s | %s |\n", f.Rank, f.Verdict, report.SourceWords(f), markdownDestination(f),
			portWords(f), markdown(pattern(f)), words.Thousands(f.Calls), utcZone.ToMinute(f.First), utcZone.ToMinute(f.Last))
	}
	for f := range fs.All() {
		markdownFinding(w, f)
	}
	return nil
}

func markdownFinding(w *bufio.Writer, f *beacon.Finding) {
	fmt.Fprintf(w, "\n## %d. %s\n\n", f.Rank, title(f))
	for _, d := range f.Destinations {
		fmt.Fprintf(w, "- destination %s (%s): %s", d.Host, d.Kind, words.Plural(d.Flows, "flow", "flows"))
		if len(d.Names) > 0 {
			fmt.Fprintf(w, ", known as %s", markdown(strings.Join(d.Names, ", ")))
		}
		if behind := report.Behind(&d); d.Host.IsName() && behind != "" {
			fmt.Fprintf(w, ", %s", markdown(behind))
		}
		if origin := d.OriginWords(); origin != "" {
			fmt.Fprintf(w, ", %s", markdown(origin))
		}
		w.WriteByte('\n')
	}
	for _, s := range f.Sources {
		label := ""
		if s.Label() != "" {
			label = " (" + markdown(s.Label()) + ")"
		}
		fmt.Fprintf(w, "- source %s%s: %s, %s\n", s.Addr, label, words.Plural(s.Flows, "flow", "flows"), utcZone.Minutes(s.First, s.Last))
	}
	if ids := report.TechniqueIDs(f); len(ids) > 0 {
		fmt.Fprintf(w, "- ATT&CK: %s\n", strings.Join(ids, ", "))
	}
	for _, text := range reason.Texts(f.Reasons, utcZone) {
		fmt.Fprintf(w, "- %s\n", markdown(text))
	}
}

func markdownFile(file *report.File) string {
	line := markdown(file.Name)
	if file.Size >= 0 {
		line += ", " + words.Plural(file.Size, "byte", "bytes")
	}
	if file.Hash != "" {
		line += ", its beginning " + file.Hash
	}
	return line
}

// markdownDestination returns the destinations of a finding, the first with its name.
func markdownDestination(f *beacon.Finding) string {
	line := report.DestinationWords(f)
	if names := namesOf(f); len(names) > 0 {
		line += " " + markdown(names[0]) + words.AndMore(len(names)-1)
	}
	return line
}

// portWords returns the destination port of a finding, "varies" where it changes.
func portWords(f *beacon.Finding) string {
	switch p := port(f); {
	case p == nil:
		return "varies"
	case *p == 0:
		return ""
	default:
		return fmt.Sprint(*p)
	}
}

// pattern returns what a finding's calls do: the shape of a day, or the schedule.
func pattern(f *beacon.Finding) string {
	return report.PatternWords(f, utcZone)
}

// markdownSpecial are the characters that Markdown or the HTML in it may read as more
// than text.
const markdownSpecial = "\\`*_{}[]()<>#|!~&"

// markdown returns text so that Markdown shows it as it is.
func markdown(s string) string {
	var b strings.Builder
	for _, r := range words.Plain(s) {
		if strings.ContainsRune(markdownSpecial, r) {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}
