package flowlog

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

// claims is what all workers have claimed.
var claims struct {
	mu     sync.Mutex
	shared int64
	large  sync.Mutex // held by the part that claims more than the shared part allows
}

// Claim is what one part that is being read has made room for. It is used by one
// goroutine.
type Claim struct {
	shared, large int64
	exclusive     bool
}

// ClaimError says that a file claims more than is made room for.
type ClaimError struct{ Bytes int64 }

func (e *ClaimError) Error() string {
	return fmt.Sprintf("it needs %d MB at once, and at most %d MB are made room for", e.Bytes>>20, claimLarge>>20)
}

// Grow claims n more bytes. It waits while other parts have claimed too much, and
// fails where this part alone would.
func (c *Claim) Grow(n int64) error {
	if n < 0 || n > claimLarge {
		return &ClaimError{n}
	}
	if !c.exclusive && !c.share(n) {
		claims.large.Lock()
		c.exclusive = true
	}
	if c.exclusive {
		if c.large+n > claimLarge {
			return &ClaimError{c.large + n}
		}
		c.large += n
	}
	if n >= claimSweep {
		runtime.GC()
	}
	return nil
}

func (c *Claim) share(n int64) bool {
	claims.mu.Lock()
	defer claims.mu.Unlock()
	if claims.shared+n > claimShared {
		return false
	}
	claims.shared += n
	c.shared += n
	return true
}

// Release gives back all that was claimed. The room must not be used after it.
func (c *Claim) Release() {
	claims.mu.Lock()
	claims.shared -= c.shared
	claims.mu.Unlock()
	if c.exclusive {
		claims.large.Unlock()
	}
	*c = Claim{}
}
