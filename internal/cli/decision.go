package cli

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"beacon/internal/beacon"
	"beacon/internal/netset"
)

// decisionFlags holds the flags that change how findings are decided.
type decisionFlags struct {
	known []string
}

func (d *decisionFlags) register(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringArrayVar(&d.known, "known", nil, "rhythm: CSV `file` of services that you know, one network,port,reason on each line; calls to them are explained. Port * matches any port (repeatable)")
}

// apply sets what a decision goes by.
func (d *decisionFlags) apply(o *beacon.Decision) error {
	for _, path := range d.known {
		known, err := readKnown(path)
		if err != nil {
			return err
		}
		o.Known = append(o.Known, known...)
	}
	return nil
}

const hintKnown = "a line is network,port,reason like 192.0.2.0/24,8443,our monitoring or 198.51.100.7,*,backup"

// readKnown reads the analyst's explanations: CSV of network, port and reason. A line
// that begins with # is passed over, and a first line that names the columns.
func readKnown(path string) ([]beacon.Known, error) {
	text, err := readSettings(path)
	if err != nil {
		return nil, fmt.Errorf("--known %s: %w", path, err)
	}
	rows := csv.NewReader(bytes.NewReader(text))
	rows.Comment, rows.TrimLeadingSpace, rows.FieldsPerRecord = '#', true, -1
	var known []beacon.Known
	for n := 0; ; n++ {
		row, err := rows.Read()
		if err == io.EOF {
			return known, nil
		}
		if err != nil {
			return nil, usagef(hintKnown, "--known %s: %w", path, err)
		}
		row[0] = strings.TrimPrefix(row[0], "\ufeff")
		if n == 0 && strings.EqualFold(strings.TrimSpace(row[0]), "network") {
			continue
		}
		k, err := knownService(row)
		if err != nil {
			line, _ := rows.FieldPos(0)
			return nil, usagef(hintKnown, "--known %s: line %d: %w", path, line, err)
		}
		known = append(known, k)
	}
}

// knownService reads one line of the analyst's explanations.
func knownService(row []string) (k beacon.Known, err error) {
	if len(row) != 3 {
		return k, fmt.Errorf("%d columns instead of network, port and reason", len(row))
	}
	if k.Network, err = netset.ParsePrefix(strings.TrimSpace(row[0])); err != nil {
		return k, err
	}
	if port := strings.TrimSpace(row[1]); port != "" && port != "*" {
		n, err := strconv.ParseUint(port, 10, 16)
		if err != nil || n == 0 {
			return k, fmt.Errorf("%q is no port", port)
		}
		k.Port = uint16(n)
	}
	if k.Reason = strings.TrimSpace(row[2]); k.Reason == "" {
		return k, errors.New("there is no reason")
	}
	return k, nil
}
