package cli

import (
	"fmt"
	"net/netip"

	"github.com/spf13/cobra"

	"beacon/internal/beacon"
	"beacon/internal/known"
)

// decisionFlags holds the flags that change how findings are decided.
type decisionFlags struct {
	known []string

	networks []known.Network // that these files name
}

func (d *decisionFlags) register(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringArrayVar(&d.known, "known", nil, "TOML `file` of services that you know, as beacon known --help describes it; findings that its rules cover are explained (repeatable)")
}

// apply sets what a decision goes by. names are those that something else knows
// addresses by.
func (d *decisionFlags) apply(a *app, o *beacon.Decision, read *readFlags, names map[netip.Addr][]string) error {
	opt, err := read.options()
	if err != nil {
		return err
	}
	d.networks = nil
	for _, path := range d.known {
		file, err := a.readKnown("--known", path)
		if err != nil {
			return err
		}
		d.networks = append(d.networks, file.Networks...)
		o.Known = append(o.Known, file.Known(path, opt.Now, names)...)
	}
	return nil
}

// readKnown reads a file of the analyst's rules; what names it in errors.
func (a *app) readKnown(what, path string) (*known.File, error) {
	text, err := a.readFile(path)
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", what, path, err)
	}
	if known.IsCSV(text) {
		return nil, usagef(fmt.Sprintf("beacon known convert %s -o known.toml", quote(path)), "%s %s: the rules are CSV, and they must be TOML", what, path)
	}
	file, err := known.Parse(path, text, a.networks...)
	if err != nil {
		return nil, wrongTOML(err)
	}
	return file, nil
}
