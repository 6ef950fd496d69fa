package flowlog

import (
	"bytes"

	"beacon/internal/flow"
	"beacon/internal/flowlog/addr"
	"beacon/internal/netset"
)

// InternName returns the value of the Name column for a name that a record tells besides
// an address: 0 where the reading doesn't ask for names, or where the text is an address.
// It returns false where the text can't be a name, see netset.CleanName; the caller counts
// that with Unknown.
func (w *Worker) InternName(text []byte) (value uint32, ok bool) {
	if w.Name == nil {
		return 0, true
	}
	id, ok := w.named(text)
	if !ok || !w.Hosts.IsName(id) {
		return 0, ok
	}
	return flow.Alias(id), true
}

// Host returns the id of a host that a record tells by its address or by its name, false
// where the text is neither. Of a text that is no address it takes a name with a domain,
// such as www.example.com: a bare word in a column of addresses is rather a mistake.
func (w *Worker) Host(text []byte) (uint32, bool) {
	if id, ok := w.Addr(text); ok {
		return id, true
	}
	if !qualified(text) {
		return 0, false
	}
	return w.named(text)
}

// NameHost is Host for a record that has nothing but names: a bare word is one too.
func (w *Worker) NameHost(text []byte) (uint32, bool) { return w.named(text) }

// ShortNames returns the worker's cache of texts that name hosts.
func (w *Worker) ShortNames() *addr.NameCache {
	if w.shortNames == nil {
		w.shortNames = new(addr.NameCache)
	}
	return w.shortNames
}

// qualified tells whether a text can be a name with a domain: two labels or more, the last
// of letters, or encoded (xn--).
func qualified(text []byte) bool {
	text = bytes.TrimSuffix(text, []byte("."))
	dot := bytes.LastIndexByte(text, '.')
	if dot <= 0 || len(text)-dot <= 2 || len(text) > netset.MaxName {
		return false
	}
	if label := text[dot+1:]; bytes.HasPrefix(label, []byte("xn--")) {
		return true
	}
	for _, c := range text[dot+1:] {
		if c|0x20 < 'a' || c|0x20 > 'z' {
			return false
		}
	}
	return true
}

// maxNames is how many texts a worker keeps the hosts of: with names of 30 bytes about 6 MB.
const maxNames = 1 << 16

// named returns the id of the host that a text names.
func (w *Worker) named(text []byte) (uint32, bool) {
	if bytes.HasPrefix(text, []byte("*.")) { // that would be all the names of a domain
		return 0, false
	}
	if id, ok := w.names[string(text)]; ok {
		return id, true
	}
	id, ok := w.Hosts.InternName(text)
	if !ok {
		return 0, false
	}
	if w.names == nil || len(w.names) >= maxNames {
		w.names = map[string]uint32{}
	}
	w.names[string(text)] = id
	return id, true
}
