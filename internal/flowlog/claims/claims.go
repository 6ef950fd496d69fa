// Package claims bounds the memory that files ask for.
package claims

import (
	"fmt"
	"runtime"
	"sync"
)

// Sizes that a file declares (of a page, a dictionary, a buffer) are claims: a few
// bytes can claim gigabytes. All workers together make room for at most claimShared +
// claimLarge bytes at a time; with the garbage of the rooms before and the rest of the
// process that stays below 512 MB (TestClaims, and the bombs that the Parquet and
// Arrow tests make).
const (
	claimShared = 96 << 20  // of parts whose claims fit in here together
	claimLarge  = 256 << 20 // of the one part whose claims don't
	claimSweep  = 16 << 20  // a claim from this size on first frees the garbage of others
)

// all is what all workers have claimed.
var all struct {
	mu     sync.Mutex
	shared int64
	large  sync.Mutex // held by the part that claims more than the shared part allows
}

// Claim holds what one part that is being read has made room for. It is used by one
// goroutine.
type Claim struct {
	shared, large int64
	exclusive     bool
}

// Error says that a file claims more than is made room for.
type Error struct{ Bytes int64 }

func (e *Error) Error() string {
	return fmt.Sprintf("it needs %d MB at once, and at most %d MB are made room for", e.Bytes>>20, claimLarge>>20)
}

// Grow claims n more bytes. It waits while other parts have claimed too much, and
// fails where this part alone would.
func (c *Claim) Grow(n int64) error {
	if n < 0 || n > claimLarge {
		return &Error{n}
	}
	if !c.exclusive && !c.share(n) {
		all.large.Lock()
		c.exclusive = true
	}
	if c.exclusive {
		if c.large+n > claimLarge {
			return &Error{c.large + n}
		}
		c.large += n
	}
	if n >= claimSweep {
		runtime.GC()
	}
	return nil
}

func (c *Claim) share(n int64) bool {
	all.mu.Lock()
	defer all.mu.Unlock()
	if all.shared+n > claimShared {
		return false
	}
	all.shared += n
	c.shared += n
	return true
}

// Release gives back all that was claimed. The room must not be used after it.
func (c *Claim) Release() {
	all.mu.Lock()
	all.shared -= c.shared
	all.mu.Unlock()
	if c.exclusive {
		all.large.Unlock()
	}
	*c = Claim{}
}
