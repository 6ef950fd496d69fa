package flow

import "sync"

// Names is the table of host names that flows were made to, under dense ids; 0
// is no name. Workers share it.
type Names struct {
	mu    sync.RWMutex
	ids   map[string]uint32
	names []string
}

// NewNames is a table with no name in it.
func NewNames() *Names { return &Names{ids: map[string]uint32{"": 0}, names: []string{""}} }

// Intern is the id of a name; the bytes are not kept.
func (n *Names) Intern(name []byte) uint32 {
	n.mu.RLock()
	id, ok := n.ids[string(name)]
	n.mu.RUnlock()
	if ok {
		return id
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if id, ok := n.ids[string(name)]; ok {
		return id
	}
	id = uint32(len(n.names))
	s := string(name)
	n.names = append(n.names, s)
	n.ids[s] = id
	return id
}

// Name is the name of an id.
func (n *Names) Name(id uint32) string {
	n.mu.RLock()
	defer n.mu.RUnlock()
	return n.names[id]
}
