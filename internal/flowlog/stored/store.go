package stored

import "time"

// Wanted is the part of a log that is to be read: from From until before To, in ns since the Unix
// epoch, unless both are zero; or, if Back isn't zero, from so long before the log's last flow on.
type Wanted struct {
	From, To int64
	Back     time.Duration
}

// Store finds the objects of object stores.
type Store interface {
	Names(arg string) bool // whether an argument is the URL of an object, a prefix or a pattern
	// Find returns the objects that a URL names, in the order of their keys, without those
	// whose keys say that they hold nothing of what is wanted.
	Find(url string, wanted Wanted) (Found, error)
}

// Found holds what a URL of an object store names.
type Found struct {
	Objects []NamedObject
	Listed  bool // they were found below a prefix, not named
}

// NamedObject is an object with its URL.
type NamedObject struct {
	URL string
	Object
}
