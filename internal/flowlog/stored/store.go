package stored

// Store finds the objects of object stores.
type Store interface {
	Names(arg string) bool // whether an argument is the URL of an object, a prefix or a pattern
	// Find returns the objects that a URL names, in the order of their keys, without those
	// whose keys say that they hold nothing of the time in [from, to), in ns; two zeros are
	// no bounds.
	Find(url string, from, to int64) (Found, error)
}

// Found is what a URL of an object store names.
type Found struct {
	Objects []NamedObject
	Listed  bool // they were found below a prefix, not named
}

// NamedObject is an object with its URL.
type NamedObject struct {
	URL string
	Object
}
