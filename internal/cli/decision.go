package cli

import (
	"fmt"

	"github.com/spf13/pflag"

	"beacon/internal/beacon"
	"beacon/internal/flowlog"
	"beacon/internal/flowlog/names"
	"beacon/internal/invocation"
	"beacon/internal/known"
	"beacon/internal/usage"
)

// decisionFlags holds the flags that change how findings are decided.
type decisionFlags struct {
	known []string

	networks []known.Network // that these files name
}

func (d *decisionFlags) register(f *pflag.FlagSet) {
	f.StringArrayVar(&d.known, "known", nil, "TOML `file` of services that you know, as beacon known --help describes it; findings that its rules cover are explained (repeatable)")
}

// apply sets what a query goes by besides the log: the names of hosts and what is known.
func (d *decisionFlags) apply(a *app, query *beacon.Query, opt flowlog.Options, nameFiles []string) error {
	named, err := names.Read(nameFiles, &a.objects, &opt)
	if err != nil {
		return err
	}
	a.warnSkipped(named.Skipped)
	query.Names, query.Leases = named.Names, named.Leases
	d.networks = nil
	for _, path := range d.known {
		file, err := a.readKnown("--known", path)
		if err != nil {
			return err
		}
		d.networks = append(d.networks, file.Networks...)
		query.Decision.Known = append(query.Decision.Known, file.Known(path, opt.Now, query.Names)...)
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
		return nil, usage.Errorf(fmt.Sprintf("beacon known convert %s -o known.toml", invocation.Quote(path)), "%s %s: the rules are CSV, and they must be TOML", what, path)
	}
	file, err := known.Parse(path, text, a.networks...)
	if err != nil {
		return nil, wrongTOML(err)
	}
	return file, nil
}
