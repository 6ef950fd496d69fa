package addr

// NameCache maps texts of up to 39 bytes that name hosts to their ids. It is direct-mapped
// like Cache; what it has lost has to be found elsewhere.
type NameCache struct {
	entries [1 << nameCacheBits]longEntry
	touched uint32 // what Touch loaded, so that the compiler leaves its loads in
}

const nameCacheBits = 13

// NameKey is the key of a text in a NameCache. The zero key is of no text.
type NameKey struct {
	text longKey
	slot uint64
}

// NameKeyOf returns the key of a text, the zero key if the text is empty or too long. kind,
// from 0 to 3, tells apart texts that are the same and name hosts in different ways.
func NameKeyOf(text []byte, kind uint8) (key NameKey) {
	n := len(text)
	if n == 0 || n > longest {
		return NameKey{}
	}
	key.text = longKeyOf(text)
	key.text[len(key.text)-1] |= uint64(kind) << 62
	key.slot = key.text.hash() >> (64 - nameCacheBits)
	return key
}

// Touch loads the slots of keys, so that their cache misses are waited for together.
func (c *NameCache) Touch(keys []NameKey) {
	sum := uint32(0)
	for i := range keys {
		sum += c.entries[keys[i].slot].id
	}
	c.touched = sum
}

// Get returns the id of the host that a text names, if the cache has it.
func (c *NameCache) Get(key *NameKey) (uint32, bool) {
	e := &c.entries[key.slot]
	return e.id, e.text.is(&key.text) && key.text[len(key.text)-1] != 0
}

// Keep caches the id of the host that a text names.
func (c *NameCache) Keep(key *NameKey, id uint32) {
	if key.text[len(key.text)-1] != 0 {
		c.entries[key.slot] = longEntry{key.text, id}
	}
}
