// Package past reads the findings of earlier runs: ndjson, json and parquet, as package
// machine writes them.
package past

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"time"

	"beacon/internal/beacon"
	"beacon/internal/netset"
	"beacon/internal/report/machine"
)

// ErrNone is that a file holds no findings of beacon.
var ErrNone = errors.New("holds no findings: it must be the ndjson, json or parquet of beacon detect")

// Read reads the findings of a file, which are in the order of their ranks.
func Read(text []byte) ([]beacon.Earlier, error) {
	if bytes.HasPrefix(text, []byte("PAR1")) {
		return readParquet(text)
	}
	return readJSON(text)
}

// object holds what is read of an object of ndjson and json.
type object struct {
	Schema       *int   `json:"schema"`
	Scope        string `json:"scope"`
	Rank         int    `json:"rank"`
	Verdict      string `json:"verdict"`
	Destinations []struct {
		IP        string   `json:"ip"`
		Name      string   `json:"name"`
		Names     []string `json:"names"`
		Addresses []string `json:"addresses"`
	} `json:"destinations"`
	Sources []struct {
		IP      string   `json:"ip"`
		Name    string   `json:"name"` // of a source with an address, that of its host
		Further []string `json:"further_ips"`
	} `json:"sources"`
	Port      *uint16   `json:"port"`
	Period    float64   `json:"period_s"`
	First     time.Time `json:"first"`
	FirstSeen time.Time `json:"first_seen"`
}

func readJSON(text []byte) (list []beacon.Earlier, err error) {
	decoder := json.NewDecoder(bytes.NewReader(text))
	array := bytes.HasPrefix(bytes.TrimSpace(text), []byte("["))
	if array {
		if _, err := decoder.Token(); err != nil {
			return nil, ErrNone
		}
	}
	known := false // whether an object of beacon's was read
	for !array || decoder.More() {
		var o object
		if err := decoder.Decode(&o); err == io.EOF && !array {
			break
		} else if err != nil || o.Schema == nil || o.Scope == "" {
			return nil, damaged(known, decoder.InputOffset())
		}
		if err := checkSchema(*o.Schema); err != nil {
			return nil, err
		}
		known = true
		if o.Scope == "run" {
			continue
		}
		list = append(list, o.earlier())
	}
	if !known {
		return nil, ErrNone
	}
	if _, err := decoder.Token(); array && err != nil {
		return nil, damaged(true, decoder.InputOffset())
	}
	return list, nil
}

// checkSchema returns an error unless findings of a schema version can be read: those of this
// beacon, and of earlier ones.
func checkSchema(version int) error {
	if version < 1 || version > machine.SchemaVersion {
		return fmt.Errorf("the findings are of schema version %d, and this beacon reads 1 to %d", version, machine.SchemaVersion)
	}
	return nil
}

// damaged returns the error of a file that breaks off, or that is no answer of beacon.
func damaged(known bool, at int64) error {
	if !known {
		return ErrNone
	}
	return fmt.Errorf("the findings can't be read from byte %d on", at)
}

func (o *object) earlier() beacon.Earlier {
	e := beacon.Earlier{Scope: beacon.Scope(o.Scope), Rank: o.Rank, Verdict: beacon.Verdict(o.Verdict),
		Period: period(o.Period), FirstSeen: o.First.UnixNano()}
	if o.Port != nil {
		e.Port = *o.Port
	}
	if !o.FirstSeen.IsZero() {
		e.FirstSeen = o.FirstSeen.UnixNano()
	}
	for _, d := range o.Destinations {
		e.Destinations = appendHosts(e.Destinations, d.IP, d.Name)
		e.Aliases = appendHosts(appendHosts(e.Aliases, d.Names...), d.Addresses...)
	}
	for _, s := range o.Sources {
		e.Sources = appendHosts(appendHosts(e.Sources, cmp.Or(s.IP, s.Name)), s.Further...)
	}
	return e
}

// period returns a number of seconds as a period; 0, which is none, where it can't be one.
func period(seconds float64) time.Duration {
	if ns := seconds * float64(time.Second); ns > 0 && ns < math.MaxInt64 {
		return time.Duration(ns)
	}
	return 0
}

// appendHosts adds the texts that are hosts, each once.
func appendHosts(list []netset.Host, texts ...string) []netset.Host {
	for _, text := range texts {
		if h, err := netset.ParseHost(text); err == nil && !has(list, h) {
			list = append(list, h)
		}
	}
	return list
}

func has(list []netset.Host, h netset.Host) bool {
	for _, o := range list {
		if o == h {
			return true
		}
	}
	return false
}
