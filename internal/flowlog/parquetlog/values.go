package parquetlog

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/big"
	"net/netip"
	"strconv"
	"time"

	"github.com/apache/arrow/go/v15/parquet"
	"github.com/apache/arrow/go/v15/parquet/schema"

	"beacon/internal/flowlog"
	"beacon/internal/flowlog/addr"
	"beacon/internal/flowlog/called"
	"beacon/internal/flowlog/connstate"
	"beacon/internal/flowlog/numbers"
	"beacon/internal/flowlog/octets"
	"beacon/internal/flowlog/protocol"
)

// values calls do with each of n PLAIN values, and returns what follows them.
func (c *parquetColumn) values(data []byte, n int, do func(i int, value []byte)) ([]byte, error) {
	for i := range n {
		size := c.width
		if size == 0 {
			if len(data) < 4 {
				return nil, errShortPage
			}
			length := binary.LittleEndian.Uint32(data)
			data = data[4:]
			if uint64(length) > uint64(len(data)) {
				return nil, errShortPage
			}
			size = int(length)
		}
		if len(data) < size {
			return nil, errShortPage
		}
		do(i, data[:size])
		data = data[size:]
	}
	return data, nil
}

// addresses decodes host ids.
func (t *parquetTable) addresses(c *parquetColumn) plainFunc[uint32] {
	if c.width == 0 && !c.isDecimal {
		return func(dst []uint32, data []byte, row int) ([]byte, error) { return t.addressTexts(c, dst, data, row) }
	}
	return func(dst []uint32, data []byte, row int) ([]byte, error) {
		return c.values(data, len(dst), func(i int, v []byte) {
			switch {
			case c.isDecimal:
				n, ok := c.decimal(v, 0)
				if dst[i] = 0; !ok || n < 0 || n > math.MaxUint32 {
					t.trouble(row+i, flowlog.BadAddress, c, v)
				} else {
					dst[i] = t.w.Hosts.Intern4(uint32(n))
				}
			case c.physical == parquet.Types.FixedLenByteArray:
				addr, _ := netip.AddrFromSlice(v)
				dst[i] = t.w.NetAddr(addr)
			case c.physical == parquet.Types.Int64 && octets.Load64(v) > math.MaxUint32:
				t.trouble(row+i, flowlog.BadAddress, c, v)
			default:
				dst[i] = t.w.Hosts.Intern4(binary.LittleEndian.Uint32(v))
			}
		})
	}
}

// addressTexts decodes host ids of addresses in text. What isn't in the worker's caches
// is interned together.
func (t *parquetTable) addressTexts(c *parquetColumn, dst []uint32, data []byte, row int) ([]byte, error) {
	defer t.w.ResolveAddrs(dst)
	return t.addressTextsLater(c, dst, data, row)
}

// addressTextsLater is addressTexts before what waits is interned. Fast path: a text of up
// to 15 bytes that the worker has met lately.
//
// Note: as a function literal that a constructor returns it is copied to where that is
// inlined, and nothing is inlined in the copy: the same for int64Times. With plain
// addresses detect took 1.1 times as long.
func (t *parquetTable) addressTextsLater(c *parquetColumn, dst []uint32, data []byte, row int) ([]byte, error) {
	w := t.w
	at, padded := 0, data[:min(len(data)+pagePad, cap(data))]
	for i := range dst {
		if len(data)-at < 4 {
			return nil, errShortPage
		}
		n := int(binary.LittleEndian.Uint32(data[at:]))
		at += 4
		if n > len(data)-at {
			return nil, errShortPage
		}
		if n <= 15 {
			words := padded[at : at+16]
			if id, ok := w.Addrs.Hit(addr.WordsKey(octets.Load64(words), octets.Load64(words[8:]), n)); ok {
				dst[i] = id
				at += n
				continue
			}
		}
		if text := data[at : at+n]; !w.AddrLater(text, dst, i) {
			dst[i] = t.address(c, text, row+i)
		}
		at += n
	}
	return data[at:], nil
}

// address returns the host id of an address in text or, where the column isn't of
// text, in 4 or 16 bytes.
func (t *parquetTable) address(c *parquetColumn, text []byte, row int) uint32 {
	if id, ok := t.w.Host(text); ok {
		return id
	}
	if _, isText := c.logical.(schema.StringLogicalType); !isText {
		if addr, ok := netip.AddrFromSlice(text); ok {
			return t.w.NetAddr(addr)
		}
	}
	if flowlog.NullText(text) {
		t.trouble(row, flowlog.NoAddress, c, text)
	} else {
		t.trouble(row, flowlog.BadAddress, c, text)
	}
	return 0
}

// nameTexts decodes names of hosts for called.Columns.
func (t *parquetTable) nameTexts(c *parquetColumn) plainFunc[uint32] {
	return func(dst []uint32, data []byte, row int) ([]byte, error) {
		return c.values(data, len(dst), func(i int, v []byte) {
			var ok bool
			if dst[i], ok = called.Alias(t.w, v); !ok {
				t.trouble(row+i, flowlog.BadName, c, v)
			}
		})
	}
}

// states decodes the states of connections, or their TCP flags as numbers.
func (t *parquetTable) states(c *parquetColumn) plainFunc[int64] {
	return func(dst []int64, data []byte, _ int) ([]byte, error) {
		return c.values(data, len(dst), func(i int, v []byte) {
			if c.physical == parquet.Types.ByteArray {
				dst[i] = connstate.Failed(v)
				return
			}
			flags, _ := c.count(v)
			dst[i] = connstate.FailedFlags(flags)
		})
	}
}

// counts decodes the numbers of a role: ports, protocols, bytes, durations.
func (t *parquetTable) counts(c *parquetColumn) plainFunc[int64] {
	return func(dst []int64, data []byte, row int) ([]byte, error) {
		return c.values(data, len(dst), func(i int, v []byte) {
			n, ok := c.count(v)
			if dst[i] = n; !ok {
				dst[i] = 0
				t.trouble(row+i, flowlog.BadNumber, c, v)
			}
		})
	}
}

// count returns a number in its role: a duration in ns.
func (c *parquetColumn) count(v []byte) (n int64, ok bool) {
	if c.isDecimal {
		digits := 0
		if c.role == flowlog.Duration {
			digits = 9
		}
		n, ok = c.decimal(v, digits)
		if c.role == flowlog.Duration {
			return max(n, 0), ok && n <= 1e18
		}
		return n, ok && 0 <= n && n <= c.role.Limit()
	}
	switch c.physical {
	case parquet.Types.Int32:
		n = c.int32(v)
	case parquet.Types.Int64:
		n = int64(octets.Load64(v))
	case parquet.Types.Float, parquet.Types.Double:
		f := c.float(v)
		if math.IsNaN(f) { // what pandas makes of a null
			return 0, true
		}
		if c.role == flowlog.Duration {
			return int64(math.Round(max(f, 0) * 1e9)), f < 1e9
		}
		if !(f >= 0 && f < math.MaxInt64/2) {
			return 0, false
		}
		n = int64(f)
	default: // text
		switch {
		case flowlog.NullText(v):
			return 0, true
		case c.role == flowlog.Protocol:
			p, ok := protocol.Parse(v)
			return int64(p), ok
		case c.role == flowlog.Duration:
			return numbers.ParseSeconds(v, time.Second)
		}
		if n, ok = numbers.ParseUint(v); !ok {
			return 0, false
		}
	}
	limit := int64(math.MaxInt64 / 2) // two columns of bytes may be summed
	switch c.role {
	case flowlog.SourcePort, flowlog.DestinationPort:
		limit = math.MaxUint16
	case flowlog.Protocol:
		limit = math.MaxUint8
	case flowlog.Duration:
		return max(n, 0) * int64(time.Second), n <= 1e9
	}
	return n, 0 <= n && n <= limit
}

// int32 returns an integer of 32 bits, of which some writers' have no sign.
func (c *parquetColumn) int32(v []byte) int64 {
	n := binary.LittleEndian.Uint32(v)
	if c.unsigned {
		return int64(n)
	}
	return int64(int32(n))
}

func (c *parquetColumn) float(v []byte) float64 {
	if c.physical == parquet.Types.Float {
		return float64(math.Float32frombits(binary.LittleEndian.Uint32(v)))
	}
	return math.Float64frombits(octets.Load64(v))
}

// format returns a PLAIN value as text.
func (c *parquetColumn) format(v []byte) string {
	if c.isDecimal {
		return new(big.Rat).SetFrac(c.bigInt(v), pow10(c.scale)).FloatString(c.scale)
	}
	switch c.physical {
	case parquet.Types.Int32:
		return strconv.FormatInt(c.int32(v), 10)
	case parquet.Types.Int64:
		return strconv.FormatInt(int64(octets.Load64(v)), 10)
	case parquet.Types.Float, parquet.Types.Double:
		return strconv.FormatFloat(c.float(v), 'g', -1, 64)
	case parquet.Types.ByteArray:
		return string(v)
	}
	return fmt.Sprintf("%x", v)
}

// decimal returns a DECIMAL times 10^digits without its fraction; false where an int64
// can't hold it.
func (c *parquetColumn) decimal(v []byte, digits int) (int64, bool) {
	if shift := digits - c.scale; shift == 0 && c.physical == parquet.Types.Int64 {
		return int64(octets.Load64(v)), true // Fast path
	}
	n := c.bigInt(v)
	if shift := digits - c.scale; shift >= 0 {
		n.Mul(n, pow10(shift))
	} else {
		n.Quo(n, pow10(-shift))
	}
	return n.Int64(), n.IsInt64()
}

func pow10(n int) *big.Int { return new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(n)), nil) }

// bigInt returns the unscaled value of a DECIMAL: an integer, or bytes in two's
// complement, the most significant first.
func (c *parquetColumn) bigInt(v []byte) *big.Int {
	switch c.physical {
	case parquet.Types.Int32:
		return big.NewInt(int64(int32(binary.LittleEndian.Uint32(v))))
	case parquet.Types.Int64:
		return big.NewInt(int64(octets.Load64(v)))
	}
	n := new(big.Int).SetBytes(v)
	if len(v) > 0 && v[0]&0x80 != 0 {
		n.Sub(n, new(big.Int).Lsh(big.NewInt(1), uint(8*len(v))))
	}
	return n
}
