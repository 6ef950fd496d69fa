package cli_test

import (
	"fmt"
	"os"
)

// minutes is a command of the scripts: minutes SRC DST N [HOUR] prints a CSV log of
// N calls, one a minute.
func minutes(args []string) int {
	n, hour := 0, 1
	fmt.Sscan(args[2], &n)
	if len(args) > 3 {
		fmt.Sscan(args[3], &hour)
	}
	fmt.Fprintln(os.Stdout, "timestamp,src_ip,dst_ip,src_port,dst_port,protocol,payload")
	for m := range n {
		fmt.Fprintf(os.Stdout, "2020-06-21 %02d:%02d:00.000000,%s,%s,50000,443,TCP,100\n", hour+m/60, m%60, args[0], args[1])
	}
	return 0
}
