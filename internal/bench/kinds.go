package main

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"
)

// The logs of few and of many flagged destinations.
const (
	allFlagged     = 10_000     // destinations at scale 1
	flaggedRows    = 10_000_000 // at scale 1, so that each has 1,000
	flaggedSources = 1_000      // of which each destination has about 630
	hourMinutes    = 60
)

// writeFlagged writes a day's log of calls at random to allFlagged destinations, of which
// all but so many are left alone in one minute of the hour.
func writeFlagged(flagged uint64) func(b *bench, path string) error {
	return func(b *bench, path string) error {
		n, destinations := uint64(flaggedRows*b.scale), uint64(allFlagged*b.scale)
		step := 24 * time.Hour / time.Duration(n)
		return writeFile(path, func(w io.Writer) error {
			if _, err := io.WriteString(w, header); err != nil {
				return err
			}
			var line []byte
			for i := range n {
				at := begin.Add(time.Duration(i) * step)
				mixed := i * 0x9E3779B97F4A7C15
				dst := mixed >> 40 % destinations
				for dst >= flagged && dst%hourMinutes == uint64(at.Minute()) {
					dst = (dst + 1) % destinations
				}
				line = appendFlow(line[:0], at, mixed>>20%flaggedSources, i, func(line []byte) []byte {
					return fmt.Appendf(line, "198.18.%d.%d", dst/250, dst%250+1)
				})
				if _, err := w.Write(line); err != nil {
					return err
				}
			}
			return nil
		})
	}
}

// The log of many small files.
const (
	smallFiles = 10_000 // at scale 1
	smallRows  = 200    // of each
)

// smallFile returns the text of small file i of n.
func smallFile(i, n int) []byte {
	text := []byte(header)
	rows := uint64(n * smallRows)
	step := 24 * time.Hour / time.Duration(rows)
	for k := uint64(i * smallRows); k < uint64((i+1)*smallRows); k++ {
		text = appendFlow(text, begin.Add(time.Duration(k)*step), k*0x9E3779B97F4A7C15>>32%insiders, k, func(line []byte) []byte {
			return fmt.Appendf(line, "198.51.100.%d", k*0x9E3779B97F4A7C15>>40%250+1)
		})
	}
	return text
}

// writeFiles writes a folder of small files.
func writeFiles(b *bench, path string) error {
	if err := os.MkdirAll(path, 0o755); err != nil {
		return err
	}
	n := int(smallFiles * b.scale)
	for i := range n {
		if err := os.WriteFile(filepath.Join(path, fmt.Sprintf("flows-%05d.csv", i)), smallFile(i, n), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// writeJoined writes the same flows as one file.
func writeJoined(b *bench, path string) error {
	n := int(smallFiles * b.scale)
	return writeFile(path, func(w io.Writer) error {
		for i := range n {
			text := smallFile(i, n)
			if i > 0 {
				text = bytes.TrimPrefix(text, []byte(header))
			}
			if _, err := w.Write(text); err != nil {
				return err
			}
		}
		return nil
	})
}

// The capture: a SYN of TCP for each flow.
const (
	packetRows  = 10_000_000 // at scale 1
	packetBytes = 14 + 20 + 20
)

// writePackets writes a capture of as many connections, from insiders to 20,000 servers.
func writePackets(b *bench, path string) error {
	n := uint64(packetRows * b.scale)
	step := 24 * time.Hour / time.Duration(n)
	return writeFile(path, func(w io.Writer) error {
		le, be := binary.LittleEndian, binary.BigEndian
		head := le.AppendUint32(nil, 0xA1B2C3D4) // in microseconds
		head = le.AppendUint16(le.AppendUint16(head, 2), 4)
		head = le.AppendUint32(append(head, make([]byte, 8)...), 1<<16)
		head = le.AppendUint32(head, 1) // Ethernet
		if _, err := w.Write(head); err != nil {
			return err
		}
		record := make([]byte, 16+packetBytes)
		le.PutUint32(record[8:], packetBytes)
		le.PutUint32(record[12:], packetBytes)
		frame := record[16:]
		be.PutUint16(frame[12:], 0x0800)
		copy(frame[14:], []byte{0x45, 0, 0, packetBytes - 14, 0, 0, 0, 0, 64, 6})
		be.PutUint16(frame[34:], 53819)
		be.PutUint16(frame[36:], 443)
		frame[46], frame[47] = 5<<4, 2 // of 20 bytes, SYN
		for i := range n {
			at := begin.Add(time.Duration(i) * step)
			le.PutUint32(record, uint32(at.Unix()))
			le.PutUint32(record[4:], uint32(at.Nanosecond()/1000))
			mixed := i * 0x9E3779B97F4A7C15
			host, server := mixed>>32%insiders, mixed>>40%20_000
			copy(frame[26:], []byte{120, 18, byte(host / 250), byte(host%250 + 1)})
			copy(frame[30:], []byte{198, 18, byte(server / 250), byte(server%250 + 1)})
			if _, err := w.Write(record); err != nil {
				return err
			}
		}
		return nil
	})
}
