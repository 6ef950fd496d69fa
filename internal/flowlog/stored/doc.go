// Package stored reads files and pipes as they are stored: in several passes, by several
// workers at once, decompressed. Each pass sees the bytes that the first one saw.
package stored
