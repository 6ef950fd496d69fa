package capturelog

import (
	"cmp"
	"encoding/binary"
	"fmt"

	"github.com/netsampler/goflow2/v2/decoders/netflow"

	"beacon/internal/flowlog"
	"beacon/internal/sorting"
)

// A capture that begins between two sendings of a template has records that can't be
// read yet. They are kept, and read when the template comes.

// templateKey names a template of an exporter.
type templateKey struct {
	version uint16
	domain  uint32
	id      uint16
}

// waitingSet is a set of records whose template hasn't come yet.
type waitingSet struct {
	order   int64  // among all waiting sets of the capture
	id      uint16 // of the template
	message []byte // the set as a message of its own, with the header that it came with
}

// maxWaitingBytes bounds the memory of the sets that wait for their templates: 64 MB,
// about a million records. Exporters send templates every few minutes.
const maxWaitingBytes = 64 << 20

// waitingOverhead is the bytes that a waiting set takes besides its message.
const waitingOverhead = 64

// Notes on records that came before their template, and why they are bad where a
// capture has nothing else.
var (
	lateTemplate = flowlog.Note{Text: "sets of NetFlow records that came before their template, and were read when it came"}
	lostTemplate = flowlog.Note{Text: "sets of NetFlow records that are left out, for the capture doesn't hold their template"}
)

const noTemplate = "NetFlow records whose template the capture doesn't hold"

// keep keeps a set of a message until its template comes.
func (e *exporter) keep(payload []byte, set netflow.RawFlowSet) {
	size := headerSize(payload) + 4 + len(set.Records)
	if e.all.waiting += size + waitingOverhead; e.all.waiting > maxWaitingBytes {
		e.all.waiting -= size + waitingOverhead
		e.all.lost++
		return
	}
	message := append(make([]byte, 0, size), payload[:headerSize(payload)]...)
	message = binary.BigEndian.AppendUint16(message, set.Id)
	message = binary.BigEndian.AppendUint16(message, uint16(4+len(set.Records)))
	message = append(message, set.Records...)
	key := templateKey{version: binary.BigEndian.Uint16(payload), id: set.Id}
	if key.version == 9 {
		binary.BigEndian.PutUint16(message[2:], 1) // records
		key.domain = binary.BigEndian.Uint32(payload[16:])
	} else {
		binary.BigEndian.PutUint16(message[2:], uint16(size))
		key.domain = binary.BigEndian.Uint32(payload[12:])
	}
	e.all.order++
	e.waiting[key] = append(e.waiting[key], waitingSet{e.all.order, set.Id, message})
}

// readWaiting reads the sets whose templates the last message brought.
func (e *exporter) readWaiting(w *flowlog.Worker) error {
	for _, key := range e.added {
		sets := e.waiting[key]
		delete(e.waiting, key)
		for _, set := range sets {
			e.all.waiting -= len(set.message) + waitingOverhead
			w.Note(1, lateTemplate)
			if err := e.message(w, set.message); err != nil {
				return err
			}
		}
	}
	e.added = e.added[:0]
	return nil
}

// finish accounts for the sets whose templates never came. They are bad records where
// they are all that the exporters sent, for then the reading must not end in silence.
func (x *exportState) finish(w *flowlog.Worker) error {
	var sets []waitingSet
	for _, e := range x.exporters {
		for _, list := range e.waiting {
			sets = append(sets, list...)
		}
	}
	n := int64(len(sets)) + x.lost
	if n == 0 {
		return nil
	}
	if x.flows > 0 {
		w.Note(n, lostTemplate)
		return nil
	}
	sorting.Func(sets, func(a, b waitingSet) int { return cmp.Compare(a.order, b.order) })
	for i := range n {
		text := "more sets"
		if i < int64(len(sets)) {
			text = fmt.Sprintf("a set for template %d", sets[i].id)
		}
		if err := w.Bad([]byte(text), noTemplate); err != nil {
			return err
		}
	}
	return nil
}
