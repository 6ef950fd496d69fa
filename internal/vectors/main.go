// Command vectors generates the assembly of the inner loops that run by vectors, and the
// declarations of their functions. go generate runs it.
package main

import (
	"fmt"
	"os"
	"path/filepath"

	. "github.com/mmcloughlin/avo/build"
)

// programs are what can be generated, by name.
var programs = map[string]func(){
	"lines": lines, "skip": skip, "fields": fields,
	"logs": logs, "butterflies": butterflies, "rows": rows,
}

func main() {
	if len(os.Args) != 3 || programs[os.Args[1]] == nil {
		fmt.Fprintln(os.Stderr, "usage: vectors lines|skip|fields|logs|butterflies|rows DIRECTORY")
		os.Exit(2)
	}
	name, dir := os.Args[1], os.Args[2]
	file := filepath.Join(dir, name+"_amd64")
	os.Args = []string{"vectors", "-out", file + ".s", "-stubs", file + ".go", "-pkg", filepath.Base(dir)}
	programs[name]()
	Generate()
}
