package main

import (
	"fmt"
	"io"
	"strconv"
	"time"
)

// The log of many addresses.
const (
	addresses   = 10_000_000 // distinct external ones at scale 1, each called twice
	insiders    = 5_000      // internal ones
	beacons     = 10         // destinations that are called in every minute
	beaconCalls = 20_000     // of all of them, in place of calls to the others
)

// writeAddresses writes a day's log in which every external address is called
// twice, half a day apart and in another order.
func writeAddresses(b *bench, path string) error {
	n := uint64(addresses * b.scale)
	beaconEvery := max(1, 2*n/beaconCalls)
	return writeFile(path, func(w io.Writer) error {
		if _, err := io.WriteString(w, "timestamp,src_ip,dst_ip,src_port,dst_port,protocol,bytes\n"); err != nil {
			return err
		}
		start := time.Date(2020, 6, 21, 0, 0, 0, 0, time.UTC)
		step := 24 * time.Hour / time.Duration(2*n)
		var line []byte
		for i := range 2 * n {
			line = start.Add(time.Duration(i)*step).AppendFormat(line[:0], "2006-01-02 15:04:05.000000")
			host := i * 0x9E3779B97F4A7C15 >> 32 % insiders
			line = fmt.Appendf(line, ",120.18.%d.%d,", host/250, host%250+1)
			if i%beaconEvery == 0 {
				line = fmt.Appendf(line, "203.0.113.%d", i/beaconEvery%beacons+1)
			} else {
				line = appendExternal(line, i, n)
			}
			line = append(line, ",53819,443,TCP,"...)
			line = append(strconv.AppendUint(line, 40+i%1460, 10), '\n')
			if _, err := w.Write(line); err != nil {
				return err
			}
		}
		return nil
	})
}

// appendExternal appends the external address that row i of 2n calls: distinct
// for i < n, and the same ones again after that, in another order. They lie in
// 100 prefixes of eight bits, none of them internal.
func appendExternal(line []byte, i, n uint64) []byte {
	k := i
	if i >= n {
		k = (i - n) * 7_368_787 % n // a prime, so every k comes up once
	}
	low := k / 100 * 0x9E3779B1 & 0xFFFFFF // an odd factor, so no two are the same
	return fmt.Appendf(line, "%d.%d.%d.%d", k%100+1, low>>16, low>>8&0xFF, low&0xFF)
}
