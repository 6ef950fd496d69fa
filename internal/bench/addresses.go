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
	million     = 1_000_000  // the same of the logs of IPv4 and IPv6
	insiders    = 5_000      // internal ones
	beacons     = 10         // destinations that are called in every minute
	beaconCalls = 20_000     // of all of them, in place of calls to the others
)

const header = "timestamp,src_ip,dst_ip,src_port,dst_port,protocol,bytes\n"

// begin is when the logs here begin; each lasts for a day.
var begin = time.Date(2020, 6, 21, 0, 0, 0, 0, time.UTC)

// appendFlow appends a line of a CSV, of the internal host of a number; dst appends the
// destination.
func appendFlow(line []byte, at time.Time, host, i uint64, dst func(line []byte) []byte) []byte {
	line = at.AppendFormat(line, "2006-01-02 15:04:05.000000")
	line = fmt.Appendf(line, ",120.18.%d.%d,", host/250, host%250+1)
	line = append(dst(line), ",53819,443,TCP,"...)
	return append(strconv.AppendUint(line, 40+i%1460, 10), '\n')
}

// writeAddresses writes a day's log in which so many external addresses, at scale 1, are
// called twice each, half a day apart and in another order.
func writeAddresses(count uint64, external func(line []byte, k uint64) []byte) func(b *bench, path string) error {
	return func(b *bench, path string) error {
		n := uint64(float64(count) * b.scale)
		beaconEvery := max(1, 2*n/beaconCalls)
		step := 24 * time.Hour / time.Duration(2*n)
		return writeFile(path, func(w io.Writer) error {
			if _, err := io.WriteString(w, header); err != nil {
				return err
			}
			var line []byte
			for i := range 2 * n {
				host := i * 0x9E3779B97F4A7C15 >> 32 % insiders
				line = appendFlow(line[:0], begin.Add(time.Duration(i)*step), host, i, func(line []byte) []byte {
					if i%beaconEvery == 0 {
						return fmt.Appendf(line, "203.0.113.%d", i/beaconEvery%beacons+1)
					}
					return external(line, order(i, n))
				})
				if _, err := w.Write(line); err != nil {
					return err
				}
			}
			return nil
		})
	}
}

// order returns the number, below n, of the address that row i of 2n calls: distinct for i < n,
// and the same ones again after that, in another order.
func order(i, n uint64) uint64 {
	if i < n {
		return i
	}
	return (i - n) * 7_368_787 % n // a prime, so every number comes up once
}

// spread returns the low 24 bits of an address: distinct for every hundredth number.
func spread(k uint64) uint64 {
	return k / 100 * 0x9E3779B1 & 0xFFFFFF // an odd factor, so no two are the same
}

// appendIPv4 appends the external address of a number. They lie in 100 prefixes of eight
// bits, none of them internal.
func appendIPv4(line []byte, k uint64) []byte {
	low := spread(k)
	return fmt.Appendf(line, "%d.%d.%d.%d", k%100+1, low>>16, low>>8&0xFF, low&0xFF)
}

// appendIPv6 appends the IPv6 address of a number, in 100 prefixes of 48 bits.
func appendIPv6(line []byte, k uint64) []byte {
	low := spread(k)
	return fmt.Appendf(line, "2001:db8:%x:%x::%x:%x", k%100+1, low&0xFFF, low>>12, k&0xFFFF)
}
