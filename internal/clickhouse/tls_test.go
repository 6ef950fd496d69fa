package clickhouse

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"beacon/internal/clickhouse/client"
	"beacon/internal/trust"
)

// authority signs certificates of a test.
type authority struct {
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
	file        string // its certificate
}

func newAuthority(t *testing.T, name string) *authority {
	a := &authority{}
	certificate, key := a.issue(t, &x509.Certificate{Subject: pkix.Name{CommonName: name}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign})
	a.certificate, a.key = certificate.Leaf, key
	a.file = writePEM(t, "CERTIFICATE", certificate.Certificate[0])
	return a
}

// issue signs a certificate, of an hour unless it says otherwise.
func (a *authority) issue(t *testing.T, c *x509.Certificate) (tls.Certificate, *ecdsa.PrivateKey) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	c.SerialNumber = big.NewInt(time.Now().UnixNano())
	if c.NotAfter.IsZero() {
		c.NotBefore, c.NotAfter = time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
	}
	parent, signer := a.certificate, a.key
	if parent == nil {
		parent, signer = c, key
	}
	der, err := x509.CreateCertificate(rand.Reader, c, parent, &key.PublicKey, signer)
	require.NoError(t, err)
	leaf, err := x509.ParseCertificate(der)
	require.NoError(t, err)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}, key
}

func writePEM(t *testing.T, kind string, der []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file.pem")
	require.NoError(t, os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600))
	return path
}

// client returns the files of a client certificate and its key.
func (a *authority) client(t *testing.T) (certificate, key string) {
	c, k := a.issue(t, &x509.Certificate{Subject: pkix.Name{CommonName: "analyst"}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}})
	der, err := x509.MarshalPKCS8PrivateKey(k)
	require.NoError(t, err)
	return writePEM(t, "CERTIFICATE", c.Certificate[0]), writePEM(t, "PRIVATE KEY", der)
}

// tlsProxy passes TLS connections on to a server, and returns its port.
func tlsProxy(t *testing.T, to string, config *tls.Config) int {
	t.Helper()
	l, err := tls.Listen("tcp", "127.0.0.1:0", config)
	require.NoError(t, err)
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				if c.(*tls.Conn).Handshake() != nil {
					return
				}
				s, err := net.Dial("tcp", to)
				if err != nil {
					return
				}
				defer s.Close()
				go func() { io.Copy(c, s); c.Close() }()
				io.Copy(s, c)
			}()
		}
	}()
	return l.Addr().(*net.TCPAddr).Port
}

// TestTLS reaches a server by TLS, and says what is wrong where it can't be trusted.
func TestTLS(t *testing.T) {
	p := twoShards(t)
	p.fillFlows(t, "by_tls", 1000)
	ours, others := newAuthority(t, "ours"), newAuthority(t, "another")
	loopback := []net.IP{net.IPv4(127, 0, 0, 1)}
	good, _ := ours.issue(t, &x509.Certificate{IPAddresses: loopback})
	expired, _ := ours.issue(t, &x509.Certificate{IPAddresses: loopback, NotBefore: time.Now().Add(-48 * time.Hour), NotAfter: time.Now().Add(-24 * time.Hour)})
	early, _ := ours.issue(t, &x509.Certificate{IPAddresses: loopback, NotBefore: time.Now().Add(24 * time.Hour), NotAfter: time.Now().Add(48 * time.Hour)})
	named, _ := ours.issue(t, &x509.Certificate{DNSNames: []string{"db.example.com"}})
	pool := x509.NewCertPool()
	pool.AddCert(ours.certificate)
	certificate, key := ours.client(t)
	foreignCertificate, foreignKey := others.client(t)
	serve := func(c tls.Certificate) *tls.Config { return &tls.Config{Certificates: []tls.Certificate{c}} }
	mutual := &tls.Config{Certificates: []tls.Certificate{good}, ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: pool}
	trusted := trust.Files{Authorities: ours.file}
	nowhere := filepath.Join(t.TempDir(), "nowhere.pem")
	for name, c := range map[string]struct {
		serve       *tls.Config // nil is the server itself, without TLS
		files       trust.Files
		says, hints string // of the error, "" for none
	}{
		"good":                      {serve(good), trusted, "", ""},
		"client certificate":        {mutual, trust.Files{Authorities: ours.file, Certificate: certificate, Key: key}, "", ""},
		"unknown authority":         {serve(good), trust.Files{}, "signed by an authority that isn't trusted here", "--ca-file FILE"},
		"wrong authority":           {serve(good), trust.Files{Authorities: others.file}, "signed by an authority that isn't trusted here", "--ca-file FILE"},
		"expired":                   {serve(expired), trusted, "the server's certificate expired on " + expired.Leaf.NotAfter.Format(time.DateOnly), "clock"},
		"not yet valid":             {serve(early), trusted, "valid from " + early.Leaf.NotBefore.Format(time.DateOnly) + " only", "clock"},
		"wrong name":                {serve(named), trusted, "the server's certificate is for db.example.com, not for 127.0.0.1", "a name that the certificate has"},
		"no client certificate":     {mutual, trusted, "the server asks for a client certificate that an authority of its own has signed", "--client-cert FILE --client-key FILE"},
		"wrong client certificate":  {mutual, trust.Files{Authorities: ours.file, Certificate: foreignCertificate, Key: foreignKey}, "the server asks for a client certificate that an authority of its own has signed", "--client-cert FILE"},
		"key of another":            {mutual, trust.Files{Authorities: ours.file, Certificate: certificate, Key: foreignKey}, "--client-key " + foreignKey + ": not an unencrypted key, in PEM form, of the certificate", ""},
		"no key":                    {mutual, trust.Files{Authorities: ours.file, Certificate: certificate}, "its key isn't named: --client-key", ""},
		"no certificate of the key": {mutual, trust.Files{Authorities: ours.file, Key: key}, "its certificate isn't named: --client-cert", ""},
		"no such file":              {serve(good), trust.Files{Authorities: nowhere}, "--ca-file " + nowhere + ": no such file or directory", ""},
		"no PEM":                    {serve(good), trust.Files{Authorities: key}, "no certificate in PEM form", ""},
		"no TLS":                    {nil, trusted, "the server doesn't speak TLS on this port", "9440"},
	} {
		t.Run(name, func(t *testing.T) {
			port := p[0].port
			if c.serve != nil {
				port = tlsProxy(t, p[0].host(), c.serve)
			}
			for _, form := range []string{"clickhouses://127.0.0.1:%d/default/by_tls", "clickhouse://127.0.0.1:%d/default/by_tls?secure=true"} {
				e, err := Open(t.Context(), fmt.Sprintf(form, port), Options{Options: client.Options{Password: testPassword, TLS: c.files}})
				if c.says != "" {
					require.ErrorContains(t, err, c.says)
					require.Contains(t, hintOf(err), c.hints)
					require.NotContains(t, err.Error()+hintOf(err), testPassword)
					t.Logf("%v\n  hint: %s", err, hintOf(err))
					continue
				}
				require.NoError(t, err)
				found, err := e.Find(t.Context(), everyMinute())
				require.NoError(t, err)
				require.EqualValues(t, 1000, found.Totals.Flows)
				require.NoError(t, e.Close())
			}
		})
	}
	t.Run("closed without an alert", func(t *testing.T) {
		port, err := freePort()
		require.NoError(t, err)
		url := fmt.Sprintf("clickhouses://127.0.0.1:%d/default/t", tlsProxy(t, fmt.Sprintf("127.0.0.1:%d", port), serve(good)))
		_, err = Open(t.Context(), url, Options{Options: client.Options{Password: testPassword, TLS: trusted}})
		require.ErrorContains(t, err, "the server closed the connection")
		require.Contains(t, hintOf(err), "a client certificate of an authority that it trusts")
	})
	t.Run("TLS where none is expected", func(t *testing.T) {
		_, err := Open(t.Context(), fmt.Sprintf("clickhouse://127.0.0.1:%d/default/t", tlsProxy(t, p[0].host(), serve(good))), Options{Options: client.Options{Password: testPassword}})
		require.Regexp(t, "the server (speaks TLS on this port|closed the connection)$", err)
		require.Contains(t, hintOf(err), "9440 for clickhouses://")
	})
}

// TestOddNames reads a table whose name, and whose database's, have characters in them
// that a URL escapes.
func TestOddNames(t *testing.T) {
	p := twoShards(t)
	p[0].exec(t, "CREATE DATABASE `net/flows 1`",
		"CREATE TABLE `net/flows 1`.`by/day?%41` (ts DateTime, src UInt32, dst UInt32) ENGINE = Memory",
		"INSERT INTO `net/flows 1`.`by/day?%41` SELECT toDateTime(1592697600 + number * 60), 167772161, 134744072 FROM numbers(60)")
	e, err := Open(t.Context(), "clickhouse://"+p[0].host()+"/net%2Fflows%201/by%2Fday%3F%2541", Options{Options: client.Options{Password: testPassword}})
	require.NoError(t, err)
	defer e.Close()
	found, err := e.Find(t.Context(), everyMinute())
	require.NoError(t, err)
	require.EqualValues(t, 60, found.Totals.Flows)
	again, err := client.Parse(e.At.String(), "")
	require.NoError(t, err)
	require.Equal(t, []string{"net/flows 1", "by/day?%41"}, []string{again.Database, again.Table})

	p[0].exec(t, "CREATE TABLE odd_column (ts DateTime, src UInt32, dst UInt32, `evil\x1b\ncolumn` String) ENGINE = Memory")
	for table, mapped := range map[string]map[string]string{"no%0Atable": nil, "odd_column": {"src_ip": "none"}} {
		e, err := Open(t.Context(), "clickhouse://"+p[0].host()+"/default/"+table, Options{Options: client.Options{Password: testPassword}, Map: mapped})
		require.NoError(t, err)
		defer e.Close()
		_, err = e.Find(t.Context(), everyMinute())
		require.ErrorContains(t, err, map[string]string{"no%0Atable": `describing default.no\ntable: `, "odd_column": `ts, src, dst, evil\x1b\ncolumn`}[table])
		require.NotContains(t, err.Error(), "\n")
	}
}
