package flow

import (
	"sync"
	"sync/atomic"
)

// Pages is 2^pageBits elements each, so that an array by host id grows without
// moving what others are reading.
const (
	pageBits = 14
	pageSize = 1 << pageBits
	pageMask = pageSize - 1
)

// Paged is an array by host id that grows while others read it. The zero value
// is empty. An element, once there, never moves. Its values are guarded by
// whoever writes them.
type Paged[T any] struct {
	pages atomic.Pointer[[]*[pageSize]T]
	mu    sync.Mutex
}

// At returns the element of the id; it makes room where there is none yet.
func (p *Paged[T]) At(id uint32) *T {
	if pages := p.pages.Load(); pages != nil {
		if page := int(id >> pageBits); page < len(*pages) && (*pages)[page] != nil {
			return &(*pages)[page][id&pageMask]
		}
	}
	return p.grow(id)
}

// Peek returns the element of the id, or nil where nobody asked for it by At.
func (p *Paged[T]) Peek(id uint32) *T {
	pages := p.pages.Load()
	if pages == nil {
		return nil
	}
	page := int(id >> pageBits)
	if page >= len(*pages) || (*pages)[page] == nil {
		return nil
	}
	return &(*pages)[page][id&pageMask]
}

func (p *Paged[T]) grow(id uint32) *T {
	p.mu.Lock()
	defer p.mu.Unlock()
	var old []*[pageSize]T
	if pages := p.pages.Load(); pages != nil {
		old = *pages
	}
	page := int(id >> pageBits)
	if page >= len(old) || old[page] == nil {
		grown := make([]*[pageSize]T, max(len(old), page+1))
		copy(grown, old)
		grown[page] = new([pageSize]T)
		p.pages.Store(&grown)
		old = grown
	}
	return &old[page][id&pageMask]
}

// View is the array as it stands, for a loop: elements that At made before are
// in it.
type View[T any] []*[pageSize]T

// View returns a view of the array.
func (p *Paged[T]) View() View[T] {
	if pages := p.pages.Load(); pages != nil {
		return *pages
	}
	return nil
}

// Get returns the element of an id that is in the view.
func (v View[T]) Get(id uint32) *T { return &v[id>>pageBits][id&pageMask] }

// Has says whether an id is in the view.
func (v View[T]) Has(id uint32) bool {
	page := int(id >> pageBits)
	return page < len(v) && v[page] != nil
}
