package machine

import (
	"cmp"
	"iter"
	"slices"
	"strings"
	"unsafe"

	"beacon/internal/beacon"
	"beacon/internal/netset"
	"beacon/internal/sorting"
	"beacon/internal/sourcehost"
	"beacon/internal/spill"
)

// indicator is a destination with what the findings that it is part of say, by rank.
type indicator struct {
	host     netset.Host
	findings []indication
}

// indication holds what one finding says about a destination.
type indication struct {
	place     int // of the destination among those of all findings, by rank
	concern   int
	summary   string
	addresses []netset.Host // of a name, where it was met
}

// indicatorKind is how indicators are sorted by host, kept and added up.
var indicatorKind = spill.Kind[indicator]{
	Compare: func(a, b *indicator) int { return a.host.Compare(b.host) },
	Code:    codeIndicator,
	Size: func(in *indicator) int64 {
		size := int64(unsafe.Sizeof(*in)) + int64(len(in.host.Name))
		for _, f := range in.findings {
			size += int64(unsafe.Sizeof(f)) + int64(len(f.summary)) + int64(len(f.addresses))*int64(unsafe.Sizeof(netset.Host{}))
		}
		return size
	},
	Merge: func(into, in *indicator) {
		into.findings = append(into.findings, in.findings...)
		sorting.Func(into.findings, func(a, b indication) int { return cmp.Compare(a.place, b.place) })
	},
}

func codeIndicator(c *spill.Coder, in *indicator) {
	sourcehost.CodeHost(c, &in.host)
	spill.List(c, &in.findings, func(c *spill.Coder, f *indication) {
		spill.Number(c, &f.place)
		spill.Number(c, &f.concern)
		spill.Text(c, &f.summary)
		spill.List(c, &f.addresses, sourcehost.CodeHost)
	})
}

// indicators yields every destination of the findings, each once, by the rank of its
// first finding.
func indicators(fs *beacon.Findings) iter.Seq2[*indicator, error] {
	return func(yield func(*indicator, error) bool) {
		byPlace := indicatorKind
		byPlace.Compare = func(a, b *indicator) int { return cmp.Compare(a.findings[0].place, b.findings[0].place) }
		byPlace.Merge = nil
		hosts, list := spill.New(indicatorKind, fs.Memory), spill.New(byPlace, fs.Memory)
		defer hosts.Close()
		defer list.Close()
		fail := func(err error) bool {
			if err != nil {
				yield(nil, err)
			}
			return err != nil
		}
		place := 0
		for f := range fs.All() {
			text := summary(f)
			for _, d := range f.Destinations {
				one := indication{place: place, concern: concern(f), summary: text}
				if d.Host.IsName() {
					one.addresses = d.Addresses
				}
				place++
				if fail(hosts.Add(&indicator{host: d.Host, findings: []indication{one}})) {
					return
				}
			}
		}
		for in, err := range hosts.All() {
			if fail(err) || fail(list.Add(in)) {
				return
			}
		}
		list.All()(yield)
	}
}

// targets returns the destination, or of a name the addresses that it was met at.
func (in *indicator) targets() (list []netset.Host) {
	if !in.host.IsName() {
		return []netset.Host{in.host}
	}
	for _, f := range in.findings {
		for _, a := range f.addresses {
			if !slices.Contains(list, a) {
				list = append(list, a)
			}
		}
	}
	return list
}

// summary returns the summaries of the indicator's findings in a line.
func (in *indicator) summary() string {
	texts := make([]string, len(in.findings))
	for i, f := range in.findings {
		texts[i] = f.summary
	}
	return strings.Join(texts, " | ")
}
