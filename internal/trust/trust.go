// Package trust makes the TLS settings of connections from files, and says in plain words
// why a connection isn't trusted.
package trust

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"reflect"
	"slices"
	"strings"
	"time"
)

// Files names the files of a connection's TLS settings, all PEM; "" is none.
type Files struct {
	Authorities string // certificates of authorities that are trusted besides the system's
	Certificate string // the client's, with those between it and its authority
	Key         string // of the client's certificate
}

// FileError says which file can't be used.
type FileError struct {
	Setting, Path string // what names the file
	Err           error
}

func (e *FileError) Error() string { return fmt.Sprintf("%s %s: %v", e.Setting, e.Path, e.Err) }

func (e *FileError) Unwrap() error { return e.Err }

// The flags that name the files.
const (
	FlagAuthorities = "ca-file"
	FlagCertificate = "client-cert"
	FlagKey         = "client-key"
)

// Config returns the settings for connections to a host; "" is whichever is called.
func (f Files) Config(host string) (*tls.Config, error) {
	c := &tls.Config{ServerName: host, MinVersion: tls.VersionTLS12}
	if f.Authorities != "" {
		pem, err := read(FlagAuthorities, f.Authorities)
		if err != nil {
			return nil, err
		}
		if c.RootCAs, err = x509.SystemCertPool(); err != nil {
			c.RootCAs = x509.NewCertPool()
		}
		if !c.RootCAs.AppendCertsFromPEM(pem) {
			return nil, &FileError{"--" + FlagAuthorities, f.Authorities, errors.New("no certificate in PEM form")}
		}
	}
	switch {
	case f.Certificate == "" && f.Key == "":
		return c, nil
	case f.Certificate == "":
		return nil, &FileError{"--" + FlagKey, f.Key, errors.New("its certificate isn't named: --" + FlagCertificate)}
	case f.Key == "":
		return nil, &FileError{"--" + FlagCertificate, f.Certificate, errors.New("its key isn't named: --" + FlagKey)}
	}
	certificate, err := read(FlagCertificate, f.Certificate)
	if err != nil {
		return nil, err
	}
	key, err := read(FlagKey, f.Key)
	if err != nil {
		return nil, err
	}
	pair, err := tls.X509KeyPair(certificate, key)
	if err != nil {
		return nil, &FileError{"--" + FlagKey, f.Key, errors.New("not an unencrypted key, in PEM form, of the certificate " + f.Certificate)}
	}
	c.Certificates = []tls.Certificate{pair}
	return c, nil
}

// maxFile is the size up to which files are read, in bytes: that up to which files of settings
// are. The certificates of all authorities that browsers trust take 0.3 MB.
const maxFile = 64 << 20

func read(flag, path string) ([]byte, error) {
	f, err := os.Open(path)
	var text []byte
	if err == nil {
		defer f.Close()
		text, err = io.ReadAll(io.LimitReader(f, maxFile+1))
	}
	var of *fs.PathError
	switch {
	case errors.As(err, &of):
		err = of.Err
	case len(text) > maxFile:
		err = fmt.Errorf("larger than %d MiB", maxFile>>20)
	}
	if err != nil {
		return nil, &FileError{"--" + flag, path, err}
	}
	return text, nil
}

// Alerts of TLS by which a server refuses a client (RFC 8446, section 6).
const (
	alertBadCertificate      = tls.AlertError(42)
	alertUnsupported         = tls.AlertError(43)
	alertRevoked             = tls.AlertError(44)
	alertExpired             = tls.AlertError(45)
	alertUnknownCertificate  = tls.AlertError(46)
	alertUnknownAuthority    = tls.AlertError(48)
	alertAccessDenied        = tls.AlertError(49)
	alertCertificateRequired = tls.AlertError(116)
)

// Explain says what is wrong with the trust of a connection, and what to do. ok is false
// where the error is about something else.
func Explain(err error) (text, hint string, ok bool) {
	var authority x509.UnknownAuthorityError
	var name x509.HostnameError
	var invalid x509.CertificateInvalidError
	var record tls.RecordHeaderError
	var remote *net.OpError
	switch {
	case errors.As(err, &authority):
		return "the server's certificate is signed by an authority that isn't trusted here", "trust that authority: --" + FlagAuthorities + " FILE", true
	case errors.As(err, &name):
		return "the server's certificate is for " + namesOf(name.Certificate) + ", not for " + name.Host, "connect by a name that the certificate has", true
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		if time.Now().Before(invalid.Cert.NotBefore) {
			return "the server's certificate is valid from " + day(invalid.Cert.NotBefore) + " only", "check the clock of this machine", true
		}
		return "the server's certificate expired on " + day(invalid.Cert.NotAfter), "the server needs a new one; or check the clock of this machine", true
	case errors.As(err, &invalid):
		return "the server's certificate, or one that vouches for it, isn't valid for this use", "", true
	case errors.As(err, &record):
		return "the server doesn't speak TLS on this port", "", true
	case errors.As(err, &remote) && remote.Op == "remote error":
		return refused(remote.Err)
	}
	return "", "", false
}

// namesOf returns the hosts that a certificate is for.
func namesOf(c *x509.Certificate) string {
	names := slices.Clone(c.DNSNames)
	for _, ip := range c.IPAddresses {
		names = append(names, ip.String())
	}
	if len(names) == 0 {
		return "no host"
	}
	return strings.Join(names, ", ")
}

// refused explains an alert that the server sent. Its type is crypto/tls's own, a number.
func refused(alert error) (text, hint string, ok bool) {
	number := reflect.ValueOf(alert)
	if number.Kind() != reflect.Uint8 {
		return "", "", false
	}
	switch tls.AlertError(number.Uint()) {
	case alertCertificateRequired:
		return "the server asks for a client certificate that an authority of its own has signed", hintCertificate, true
	case alertBadCertificate, alertUnsupported, alertRevoked, alertExpired, alertUnknownCertificate, alertUnknownAuthority, alertAccessDenied:
		return "the server refuses the client certificate", hintCertificate, true
	}
	return "the server ended the TLS handshake: " + strings.TrimPrefix(alert.Error(), "tls: "), "", true
}

const hintCertificate = "name one that the server trusts: --" + FlagCertificate + " FILE --" + FlagKey + " FILE"

func day(t time.Time) string { return t.UTC().Format(time.DateOnly) }
