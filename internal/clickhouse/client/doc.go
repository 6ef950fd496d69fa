// Package client connects to a ClickHouse server and runs statements there: their answers
// are whole, or an error that says what to do.
package client
