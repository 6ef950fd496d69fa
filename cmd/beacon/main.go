// Command beacon finds the external addresses that a flow log's internal hosts
// call with a rhythm.
package main

import (
	"os"

	"beacon/internal/cli"
)

func main() {
	os.Exit(cli.Main(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}
