package clickhouse

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"beacon/internal/clickhouse/named"
	"beacon/internal/clickhouse/schema"
	"beacon/internal/flowlog"
	"beacon/internal/flowlog/called"
	"beacon/internal/netset"
)

// namedTexts are texts of all kinds that stand in columns of names, and random ones of what
// these are made of.
func namedTexts() []string {
	list := []string{"", "-", "NULL", `\N`, "Example.COM.", "example.com:443", ":443", "a:b:c", "[::1]", "[::1]:53", "[a.example]:1", "[", "]", "2001:DB8::1", "::ffff:1.2.3.4",
		"1.2.3.4", "1.2.3.4:80", "01.2.3.4", "1.2.3.256", "1.2.3", "1.2.3.4.", "cafe.de", "*.example.com", "*example.com", "..", ".", ".a", "a..b", "a.b..", "bücher.example", "a。b",
		"ÄÖÜ.example", "\xff.example", "a\x00b", "a b", "a\nb", "a'b", `a\b`, "a`b", "a{}|~^b.c", "printer.local", "wpad", "notlocal.net", "corp.example", "www.corp.example", "acorp.example",
		"9.in-addr.arpa", strings.Repeat("a", 255), strings.Repeat("a", 256), strings.Repeat("a.", 128), strings.Repeat("a.", 127) + "a",
		"co.uk", "a.co.uk", "b.a.co.uk", "www.ck", "x.www.ck", "a.ck", "b.a.ck", "a.b.c.kawasaki.jp", "city.kawasaki.jp", "x.city.kawasaki.jp", "d.s3.amazonaws.com", "foo.github.io", "github.io", "com"}
	pieces := []string{"a", "Z", "9", "-", "_", ".", ".", ":", "[", "]", "*", "xn--", "ü", "co", "uk", "com", "ck", "local", " ", "/", "\\", "1", "255", "::", "example", "\xfe", "'"}
	random := rand.New(rand.NewPCG(1, 2))
	for range 400 {
		var b strings.Builder
		for range 1 + random.IntN(9) {
			b.WriteString(pieces[random.IntN(len(pieces))])
		}
		list = append(list, b.String())
	}
	return list
}

// TestNamedAsFiles holds what the server makes of texts to what the readers of files do.
func TestNamedAsFiles(t *testing.T) {
	e := twoShards(t)[0].engine(t, "none")
	texts := namedTexts()
	var literals []string
	odd, suffixes := named.Odd{}, named.Suffixes{}
	for _, text := range texts {
		literals = append(literals, schema.Text(text))
	}
	from := &schema.Statement{Columns: []string{schema.As(schema.Call("arrayJoin", "["+strings.Join(literals, ", ")+"]"), "text")}}
	var text string
	ask := &schema.Statement{Columns: []string{"text"}, From: from.Within(), Where: named.Oddly("text")}
	require.NoError(t, e.Rows(t.Context(), "asking", ask, []any{&text}, func() error { require.True(t, odd.Add(text)); return nil }))
	for _, text := range texts {
		if h, ok := called.Named([]byte(text)); ok && h.IsName() {
			suffixes.Add(h.Name)
		}
	}
	set := networks(t, ".corp.example", "*.co.uk", "a.ck", "!www.corp.example")
	var name, address, domain string
	var in, local uint8
	n := 0
	ask = &schema.Statement{With: []string{schema.As(odd.Name("text"), "named")}, From: from.Within(),
		Columns: []string{"text", "named", odd.Address("text"), suffixes.Domain("named"), schema.Call("toUInt8", named.In("named", set)), schema.Call("toUInt8", named.Local("named"))}}
	require.NoError(t, e.Rows(t.Context(), "asking", ask, []any{&text, &name, &address, &domain, &in, &local}, func() error {
		n++
		want, ok := called.Named([]byte(text))
		if flowlog.NullText([]byte(text)) || !ok {
			want = netset.Host{}
		}
		require.Equal(t, want.Name, name, "%q", text)
		if address == "" {
			require.False(t, want.Addr.IsValid(), "%q", text)
		} else {
			require.Equal(t, want, netset.MustHost(address), "%q", text)
		}
		if name == "" {
			return nil
		}
		require.Equal(t, want.Domain().Name, domain, "%q", text)
		require.Equal(t, set.Has(want), in != 0, "%q", text)
		require.Equal(t, want.IsLocal(), local != 0, "%q", text)
		return nil
	}))
	require.Equal(t, len(texts), n)
}

// TestTooManyNames holds that names that no statement can hold are refused, with what to do.
func TestTooManyNames(t *testing.T) {
	p := twoShards(t)
	p[0].exec(t, "CREATE TABLE odd_named (ts DateTime, src UInt32, dst UInt32, sni String) ENGINE = Memory",
		"INSERT INTO odd_named SELECT toDateTime(1592697600 + number * 60), IPv4StringToNum('10.0.0.1'), IPv4StringToNum('8.8.8.8'), concat('ü', toString(number), '.example') FROM numbers("+fmt.Sprint(named.MaxOdd+1)+")")
	q := everyMinute()
	_, err := p[0].engine(t, "odd_named").Find(t.Context(), q)
	require.ErrorContains(t, err, "more than 700 names that aren't of ASCII letters")
	require.Contains(t, hintOf(err), "--by address")

	p[0].exec(t, "CREATE TABLE many_domains (ts DateTime, src UInt32, dst UInt32, query String) ENGINE = Memory",
		"INSERT INTO many_domains SELECT toDateTime(1592697600 + number * 60), IPv4StringToNum('10.0.0.1'), IPv4StringToNum('8.8.8.8'), concat('a.b', toString(number), '.ck') FROM numbers("+fmt.Sprint(named.MaxSuffixes+1)+")")
	_, err = p[0].engine(t, "many_domains").Find(t.Context(), q)
	require.ErrorContains(t, err, "more than 4000 public suffixes")
	require.Contains(t, hintOf(err), "--by address,name")
	before := mostAddresses
	mostAddresses = 100
	defer func() { mostAddresses = before }()
	_, err = p[0].engine(t, "many_domains").Find(t.Context(), q)
	require.ErrorContains(t, err, "more than 100 names that DNS queries ask for")
	require.Contains(t, hintOf(err), "--by address,name")
}
