package mmdb_test

import (
	"bytes"
	"net"
	"os"
	"path/filepath"
	"testing"

	"github.com/maxmind/mmdbwriter"
	"github.com/maxmind/mmdbwriter/mmdbtype"
	"github.com/stretchr/testify/require"

	"beacon/internal/beacon"
	"beacon/internal/mmdb"
	"beacon/internal/netset"
)

// database writes a database with a record for each network.
func database(t *testing.T, name string, records map[string]mmdbtype.Map) string {
	w, err := mmdbwriter.New(mmdbwriter.Options{DatabaseType: "Test", RecordSize: 24, IncludeReservedNetworks: true})
	require.NoError(t, err)
	for network, record := range records {
		_, n, err := net.ParseCIDR(network)
		require.NoError(t, err)
		require.NoError(t, w.Insert(n, record))
	}
	var b bytes.Buffer
	_, err = w.WriteTo(&b)
	require.NoError(t, err)
	path := filepath.Join(t.TempDir(), name)
	require.NoError(t, os.WriteFile(path, b.Bytes(), 0o600))
	return path
}

func TestOrigin(t *testing.T) {
	asn := database(t, "asn.mmdb", map[string]mmdbtype.Map{
		"203.0.113.0/24": {"autonomous_system_number": mmdbtype.Uint32(64500), "autonomous_system_organization": mmdbtype.String("Example\x1b B.V.")},
		"2001:db8::/32":  {"autonomous_system_number": mmdbtype.Uint32(64501)},
	})
	country := database(t, "country.mmdb", map[string]mmdbtype.Map{
		"203.0.113.0/25":  {"country": mmdbtype.Map{"iso_code": mmdbtype.String("NL")}},
		"198.51.100.0/24": {"asn": mmdbtype.String("AS64502"), "as_name": mmdbtype.String("Other"), "country": mmdbtype.String("Germany"), "country_code": mmdbtype.String("DE")},
		"192.0.2.0/24":    {"city": mmdbtype.String("Nowhere")},
		"192.0.3.0/24":    {"registered_country": mmdbtype.Map{"iso_code": mmdbtype.String("FR")}},
	})
	d, err := mmdb.Open([]string{asn, country})
	require.NoError(t, err)
	defer d.Close()
	for host, want := range map[string]beacon.Origin{
		"203.0.113.7":   {ASN: 64500, Organization: `Example\x1b B.V.`, Country: "NL"},
		"203.0.113.200": {ASN: 64500, Organization: `Example\x1b B.V.`},
		"2001:db8::1":   {ASN: 64501},
		"198.51.100.1":  {ASN: 64502, Organization: "Other", Country: "DE"},
		"192.0.3.1":     {Country: "FR"},
		"192.0.2.1":     {}, "9.9.9.9": {}, "c2.example.com": {},
	} {
		got, ok, err := d.Origin(netset.MustHost(host))
		require.NoError(t, err, host)
		require.Equal(t, want, got, host)
		require.Equal(t, want != beacon.Origin{}, ok, host)
	}
}

// A file that is none, or that is cut or changed anywhere, is an error or an answer, never
// a panic.
func TestDamaged(t *testing.T) {
	path := database(t, "a.mmdb", map[string]mmdbtype.Map{"203.0.113.0/24": {"country": mmdbtype.Map{"iso_code": mmdbtype.String("NL")}}})
	whole, err := os.ReadFile(path)
	require.NoError(t, err)
	_, err = mmdb.Open([]string{filepath.Join(t.TempDir(), "none")})
	require.ErrorIs(t, err, os.ErrNotExist)
	failed := 0
	for i := range whole {
		damaged := bytes.Clone(whole)
		damaged[i] ^= 0xff
		for _, text := range [][]byte{whole[:i], damaged} {
			require.NoError(t, os.WriteFile(path, text, 0o600))
			d, err := mmdb.Open([]string{path})
			if err == nil {
				_, _, err = d.Origin(netset.MustHost("203.0.113.7"))
				d.Close()
			}
			if err != nil {
				require.ErrorContains(t, err, "is no MaxMind database")
				failed++
			}
		}
	}
	require.Positive(t, failed)
}

// A database that is overwritten in place while it is open is damaged, and no crash.
func TestTruncated(t *testing.T) {
	path := database(t, "a.mmdb", map[string]mmdbtype.Map{"203.0.113.0/24": {"country": mmdbtype.Map{"iso_code": mmdbtype.String("NL")}}})
	d, err := mmdb.Open([]string{path})
	require.NoError(t, err)
	defer d.Close()
	require.NoError(t, os.Truncate(path, 0))
	_, _, err = d.Origin(netset.MustHost("203.0.113.7"))
	require.ErrorContains(t, err, "is no MaxMind database")
}
