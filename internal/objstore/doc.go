// Package objstore reads and writes objects of S3 and of stores that speak its protocol.
//
// Nothing is asked of the network, and no credentials are looked for, before a URL of an
// object store is read or written.
package objstore
