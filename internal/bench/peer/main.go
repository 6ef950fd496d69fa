// Command peer does beacon's job, or a part of it, by other means: DuckDB's, or the
// Parquet library's alone. It times itself and writes that, and the answer, as
// JSON.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"time"
)

// threads is how many the job may take.
const threads = 2

func main() {
	runtime.GOMAXPROCS(threads)
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintf(os.Stderr, "peer: %v\n", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	var timed struct {
		Seconds float64
		Answer  *answer
	}
	start := time.Now()
	var err error
	switch {
	case len(args) == 1 && args[0] == "duckdb":
		var statements []string
		if err := json.NewDecoder(os.Stdin).Decode(&statements); err != nil {
			return err
		}
		start = time.Now()
		timed.Answer, err = ask(statements)
	case len(args) == 2 && args[0] == "decode":
		err = decode(args[1])
	default:
		err = fmt.Errorf("duckdb, with statements on standard input, or decode FILE")
	}
	if err != nil {
		return err
	}
	timed.Seconds = time.Since(start).Seconds()
	return json.NewEncoder(os.Stdout).Encode(timed)
}
