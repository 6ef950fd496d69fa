package flow

import (
	"encoding/binary"
	"math/rand/v2"
	"net/netip"
	"testing"
)

// benchAddresses is distinct IPv4 addresses in random order.
func benchAddresses(n int) []uint32 {
	list := make([]uint32, n)
	for i := range list {
		list[i] = uint32(i) * 2654435761
	}
	rand.New(rand.NewPCG(1, 1)).Shuffle(n, func(i, j int) { list[i], list[j] = list[j], list[i] })
	return list
}

func BenchmarkIntern(b *testing.B) {
	b.Run("new", func(b *testing.B) {
		list := benchAddresses(1 << 20)
		for b.Loop() {
			hosts := NewHosts(nil)
			for _, v := range list {
				hosts.Intern4(v)
			}
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(list)), "ns/address")
	})
	for name, n := range map[string]int{"known, 4096": 1 << 12, "known, a million": 1 << 20} {
		b.Run(name, func(b *testing.B) {
			list := benchAddresses(n)
			hosts := NewHosts(nil)
			for _, v := range list {
				hosts.Intern4(v)
			}
			for b.Loop() {
				for _, v := range list {
					hosts.Intern4(v)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(list)), "ns/address")
		})
	}
}

func BenchmarkIntern6(b *testing.B) {
	list := make([]netip.Addr, 1<<20)
	for i, v := range benchAddresses(len(list)) {
		var key [16]byte
		binary.BigEndian.PutUint32(key[:], 0x20010db8)
		binary.BigEndian.PutUint32(key[12:], v)
		list[i] = netip.AddrFrom16(key)
	}
	b.Run("known, in batches", func(b *testing.B) {
		hosts := NewHosts(nil)
		keys, ids := make([][16]byte, len(list)), make([]uint32, len(list))
		for i, addr := range list {
			keys[i] = addr.As16()
		}
		for b.Loop() {
			hosts.Intern16s(keys, ids)
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(list)), "ns/address")
	})
	for name, known := range map[string]bool{"new": false, "known": true} {
		b.Run(name, func(b *testing.B) {
			hosts := NewHosts(nil)
			for b.Loop() {
				if !known {
					hosts = NewHosts(nil)
				}
				for _, addr := range list {
					hosts.Intern(addr)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(list)), "ns/address")
		})
	}
}
