// Package mmdb reads from MaxMind's databases, and from others in their form, where
// addresses belong on the internet.
package mmdb

import (
	"errors"
	"fmt"
	"io/fs"
	"runtime/debug"
	"strconv"
	"strings"

	"github.com/oschwald/maxminddb-golang/v2"

	"beacon/internal/beacon"
	"beacon/internal/netset"
	"beacon/internal/words"
)

// Databases are open files. They are read by one goroutine.
type Databases struct {
	list []*maxminddb.Reader
}

// errDamaged is that a file is no database, or that its tree or data are broken.
var errDamaged = errors.New("is no MaxMind database (.mmdb), or is damaged")

// Open opens databases. What an earlier one says of an address holds.
func Open(paths []string) (*Databases, error) {
	d := &Databases{}
	for _, path := range paths {
		r, err := open(path)
		if err != nil {
			d.Close()
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		d.list = append(d.list, r)
	}
	return d, nil
}

func open(path string) (r *maxminddb.Reader, err error) {
	defer func() {
		if recover() != nil {
			err = errDamaged
		}
	}()
	r, err = maxminddb.Open(path)
	var pathErr *fs.PathError
	switch {
	case errors.As(err, &pathErr):
		return nil, pathErr.Err
	case err != nil:
		return nil, errDamaged
	}
	return r, nil
}

// Close closes the files.
func (d *Databases) Close() {
	for _, r := range d.list {
		_ = r.Close() // they were only read
	}
}

// Origin returns where an address belongs, false where no database has it. It returns an
// error for a database that is damaged at the address.
func (d *Databases) Origin(h netset.Host) (o beacon.Origin, ok bool, err error) {
	if h.IsName() {
		return o, false, nil
	}
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true)) // the file is mapped, and may shrink
	defer func() {
		if recover() != nil {
			o, ok, err = beacon.Origin{}, false, errDamaged
		}
	}()
	for _, r := range d.list {
		found := r.Lookup(h.Addr)
		if r.Metadata.IPVersion == 4 && h.Addr.Is6() || !found.Found() && found.Err() == nil {
			continue
		}
		var record map[string]any
		if err := found.Decode(&record); err != nil {
			return o, false, errDamaged
		}
		fill(&o, record)
	}
	return o, o != beacon.Origin{}, nil
}

// fill takes from a record what isn't known yet. The keys are those of GeoLite2 and GeoIP2
// (autonomous_system_number, country.iso_code), DB-IP's, which are the same, and IPinfo's
// (asn, as_name, country_code).
func fill(o *beacon.Origin, record map[string]any) {
	if o.ASN == 0 {
		switch v := first(record, "autonomous_system_number", "asn").(type) {
		case uint64:
			o.ASN = uint32(v)
		case string:
			n, _ := strconv.ParseUint(strings.TrimPrefix(strings.ToUpper(v), "AS"), 10, 32)
			o.ASN = uint32(n)
		}
	}
	if o.Organization == "" {
		o.Organization = text(first(record, "autonomous_system_organization", "as_name"))
	}
	for _, key := range []string{"country_code", "country", "registered_country"} {
		if o.Country != "" {
			break
		}
		switch v := record[key].(type) {
		case map[string]any:
			o.Country = text(v["iso_code"])
		case string:
			if len(v) == len("NL") { // IPinfo has a name there
				o.Country = text(v)
			}
		}
	}
}

// first returns the value of the first key that a record has.
func first(record map[string]any, keys ...string) any {
	for _, key := range keys {
		if v, ok := record[key]; ok {
			return v
		}
	}
	return nil
}

func text(v any) string {
	s, _ := v.(string)
	return words.Plain(s)
}
