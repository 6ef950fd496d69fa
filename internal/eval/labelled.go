package eval

import (
	"bufio"
	"cmp"
	"compress/gzip"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"beacon/internal/beacon"
	"beacon/internal/eval/peer"
	"beacon/internal/netset"
	"beacon/internal/timespan"
)

// A Log is a labelled log: its outbound pairs and which of them are C2.
type Log struct {
	Name  string
	Span  peer.Span
	Pairs []beacon.Pair // by source, destination, port
	C2    []bool        // of each pair
	Truth int           // pairs that the labels name, present or not
	Tick  time.Duration // resolution of the log's clock; 0 where unknown
}

// MinFlows is the fewest flows that a pair of a labelled log is judged from.
const MinFlows = 5

// ReadLogs reads every labelled log under dir, by name: the folders that have a
// flows.csv.gz (columns timestamp in epoch seconds, src_ip, dst_ip, port, bytes,
// proto), a truth.csv (src_ip, dst_ip, port, ...) and a meta.json with the internal
// networks. Pairs are outbound and of minFlows flows or more.
func ReadLogs(dir string, minFlows int) ([]Log, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*", "flows.csv.gz"))
	if err != nil {
		return nil, err
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("reading labelled logs: no */flows.csv.gz in %s", dir)
	}
	slices.Sort(files)
	logs := make([]Log, len(files))
	for i, f := range files {
		if logs[i], err = readLog(filepath.Dir(f), minFlows); err != nil {
			return nil, err
		}
	}
	return logs, nil
}

type pairKey struct {
	src, dst netset.Host
	port     uint16
}

func (a pairKey) compare(b pairKey) int {
	return cmp.Or(a.src.Compare(b.src), a.dst.Compare(b.dst), cmp.Compare(a.port, b.port))
}

// A Flow is one flow of a log.
type Flow struct {
	Time     int64 // ns since the epoch
	Src, Dst netset.Host
	Port     uint16
	Proto    uint8 // IP protocol number, 0 if unknown
	Bytes    int64
}

func (f Flow) key() pairKey { return pairKey{f.Src, f.Dst, f.Port} }

func readLog(dir string, minFlows int) (Log, error) {
	log := Log{Name: filepath.Base(dir)}
	var meta struct {
		Internal []netip.Prefix `json:"internal"`
	}
	text, err := os.ReadFile(filepath.Join(dir, "meta.json"))
	if err != nil {
		return log, err
	}
	if err := json.Unmarshal(text, &meta); err != nil {
		return log, fmt.Errorf("reading %s/meta.json: %w", dir, err)
	}
	internal := func(a netset.Host) bool {
		return slices.ContainsFunc(meta.Internal, func(p netip.Prefix) bool { return p.Contains(a.Addr) })
	}
	truth, err := readTruth(filepath.Join(dir, "truth.csv"))
	if err != nil {
		return log, err
	}
	log.Truth = len(truth)
	flows, err := readFlows(filepath.Join(dir, "flows.csv.gz"))
	if err != nil {
		return log, err
	}
	log.Span, log.Tick = peer.Span{First: flows[0].Time, Last: flows[len(flows)-1].Time}, tickOf(flows)
	pairs := gather(flows, func(f Flow) (pairKey, bool) {
		return f.key(), internal(f.Src) && !internal(f.Dst)
	})
	for _, p := range pairs {
		if len(p.Times) >= minFlows {
			log.Pairs = append(log.Pairs, p)
			log.C2 = append(log.C2, truth[pairKey{p.Source, p.Destination, p.Port}])
		}
	}
	return log, nil
}

// tickOf returns the coarsest of the usual resolutions that all times are multiples of.
func tickOf(flows []Flow) time.Duration {
	for _, tick := range timespan.Ticks {
		if !slices.ContainsFunc(flows, func(f Flow) bool { return f.Time%int64(tick) != 0 }) {
			return tick
		}
	}
	return 0
}

// gather groups time-ordered flows into pairs by the key that of gives, in key order.
func gather(flows []Flow, of func(Flow) (pairKey, bool)) []beacon.Pair {
	byKey := map[pairKey]*beacon.Pair{}
	for _, f := range flows {
		key, ok := of(f)
		if !ok {
			continue
		}
		p := byKey[key]
		if p == nil {
			p = &beacon.Pair{Source: key.src, Destination: key.dst, Port: key.port, Proto: f.Proto}
			byKey[key] = p
		}
		p.Times = append(p.Times, f.Time)
		p.Bytes = append(p.Bytes, f.Bytes)
	}
	keys := make([]pairKey, 0, len(byKey))
	for k := range byKey {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, pairKey.compare)
	pairs := make([]beacon.Pair, len(keys))
	for i, k := range keys {
		pairs[i] = *byKey[k]
	}
	return pairs
}

// readFlows reads a flows.csv.gz, ordered by time.
func readFlows(name string) ([]Flow, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	z, err := gzip.NewReader(bufio.NewReader(f))
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", name, err)
	}
	var flows []Flow
	err = eachRecord(z, []string{"timestamp", "src_ip", "dst_ip", "port", "bytes", "proto"}, func(c []string) error {
		t, err := epochSeconds(c[0])
		if err != nil {
			return err
		}
		key, err := parseKey(c[1], c[2], c[3])
		if err != nil {
			return err
		}
		bytes, err := strconv.ParseInt(c[4], 10, 64)
		if err != nil {
			return err
		}
		flows = append(flows, Flow{t, key.src, key.dst, key.port, protocols[c[5]], bytes})
		return nil
	})
	if err == nil && len(flows) == 0 {
		err = errors.New("no flows")
	}
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", name, err)
	}
	slices.SortStableFunc(flows, func(a, b Flow) int { return cmp.Compare(a.Time, b.Time) })
	return flows, nil
}

var protocols = map[string]uint8{"icmp": 1, "tcp": 6, "udp": 17}

func readTruth(name string) (map[pairKey]bool, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	truth := map[pairKey]bool{}
	err = eachRecord(f, []string{"src_ip", "dst_ip", "port"}, func(c []string) error {
		key, err := parseKey(c[0], c[1], c[2])
		truth[key] = true
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", name, err)
	}
	return truth, nil
}

// eachRecord calls do with the named columns of every record of a CSV with a header.
func eachRecord(r io.Reader, columns []string, do func([]string) error) error {
	in := csv.NewReader(r)
	in.ReuseRecord = true
	head, err := in.Read()
	if err != nil {
		return err
	}
	at := make([]int, len(columns))
	for i, name := range columns {
		if at[i] = slices.Index(head, name); at[i] < 0 {
			return fmt.Errorf("no column %s", name)
		}
	}
	cells := make([]string, len(columns))
	for {
		record, err := in.Read()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		for i, j := range at {
			cells[i] = record[j]
		}
		if err := do(cells); err != nil {
			line, _ := in.FieldPos(0)
			return fmt.Errorf("line %d: %w", line, err)
		}
	}
}

func parseKey(src, dst, port string) (pairKey, error) {
	s, err := netip.ParseAddr(src)
	if err != nil {
		return pairKey{}, err
	}
	d, err := netip.ParseAddr(dst)
	if err != nil {
		return pairKey{}, err
	}
	p, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		return pairKey{}, err
	}
	return pairKey{netset.HostOf(s), netset.HostOf(d), uint16(p)}, nil
}

// epochSeconds reads decimal epoch seconds, exact to the nanosecond.
func epochSeconds(s string) (int64, error) {
	whole, fraction, _ := strings.Cut(s, ".")
	if len(fraction) > 9 {
		fraction = fraction[:9]
	}
	t, err := strconv.ParseInt(whole+fraction+strings.Repeat("0", 9-len(fraction)), 10, 64)
	if err != nil || whole == "" {
		return 0, fmt.Errorf("time %q is not epoch seconds", s)
	}
	return t, nil
}
