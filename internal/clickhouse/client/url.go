package client

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"beacon/internal/clickhouse/schema"
	"beacon/internal/trust"
)

// Location is a table of a server, as a URL names it.
type Location struct {
	Host            string // with its port
	Database, Table string
	Cluster         string // whose shards each hold a part of the table, "" for the server alone
	user, password  string
	tls, http       bool
	settings        []schema.Setting
}

// ways are how a server can be reached, by the scheme of the URL.
var ways = map[string]struct {
	tls, http bool
	port      string // unless the URL names one
}{
	"clickhouse":       {port: "9000"},
	"clickhouses":      {tls: true, port: "9440"},
	"clickhouse+http":  {http: true, port: "8123"},
	"clickhouse+https": {tls: true, http: true, port: "8443"},
}

// URLForm is how a URL looks, for hints.
const URLForm = "clickhouse://user@host:9000/database/table"

// IsURL reports whether an argument names a ClickHouse table, not a file. As in
// any URL the case of the scheme doesn't matter.
func IsURL(arg string) bool {
	name, _, ok := strings.Cut(arg, "://")
	_, known := ways[strings.ToLower(name)]
	return ok && known
}

var settingName = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)

// Parse reads a URL. Its errors don't repeat it, for it may hold a password.
func Parse(text, password string) (*Location, error) {
	u, err := url.Parse(text)
	if err != nil || !IsURL(text) || u.Hostname() == "" || strings.Contains(u.Hostname(), ":") != strings.HasPrefix(u.Host, "[") {
		return nil, &Error{Err: errors.New("not the URL of a ClickHouse table"), Advice: "the form is " + URLForm}
	}
	if port := u.Port(); port != "" {
		if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
			return nil, &Error{Err: fmt.Errorf("%s is no port", port), Advice: "the form is " + URLForm}
		}
	}
	if _, set := u.User.Password(); set {
		return nil, &Error{Host: u.Host, Err: errors.New("a password in the URL would show in process lists and logs"),
			Advice: "remove it; set BEACON_CLICKHOUSE_PASSWORD, or add ?password_file=FILE"}
	}
	way := ways[u.Scheme]
	values := u.Query()
	if value := values.Get("secure"); value == "true" || value == "1" { // as other programs have it
		way.tls = true
		if !way.http {
			way.port = ways["clickhouses"].port
		}
		values.Del("secure")
	}
	at := &Location{tls: way.tls, http: way.http, user: cmp.Or(u.User.Username(), "default"), password: password}
	at.Host = net.JoinHostPort(u.Hostname(), cmp.Or(u.Port(), way.port))
	names := strings.Split(strings.Trim(u.EscapedPath(), "/"), "/") // a name may have a %2F in it
	if len(names) != 2 || names[0] == "" || names[1] == "" {
		return nil, &Error{Host: at.Host, Err: errors.New("the URL names no database and table"), Advice: "the form is " + URLForm}
	}
	at.Database, _ = url.PathUnescape(names[0]) // url.Parse has read them
	at.Table, _ = url.PathUnescape(names[1])
	return at, at.parameters(values)
}

// parameters reads what stands behind the question mark.
func (at *Location) parameters(values url.Values) error {
	for _, name := range slices.Sorted(maps.Keys(values)) {
		value := values.Get(name)
		switch {
		case name == "password_file":
			b, err := readPassword(value)
			if err != nil {
				return &Error{Host: at.Host, Doing: "reading the password file", Err: err}
			}
			at.password = strings.TrimRight(string(b), "\r\n")
		case name == "cluster":
			at.Cluster = value
		case name == "password":
			return &Error{Host: at.Host, Err: errors.New("a password in the URL would show in process lists and logs"),
				Advice: "set BEACON_CLICKHOUSE_PASSWORD, or add ?password_file=FILE"}
		case name == "secure" && (value == "false" || value == "0"):
		case name == "secure":
			return &Error{Host: at.Host, Err: fmt.Errorf("secure=%s is neither true nor false", value), Advice: "secure=true is the same as clickhouses://"}
		case name == "skip_verify":
			return &Error{Host: at.Host, Err: errors.New("a server whose certificate isn't verified may be another"),
				Advice: "trust the authority that signed it: --" + trust.FlagAuthorities + " FILE"}
		case settingName.MatchString(name):
			if err := checkSetting(schema.Setting{Name: name, Value: value}); err != nil {
				return &Error{Host: at.Host, Err: err, Advice: "remove it from the URL"}
			}
			at.settings = append(at.settings, schema.Setting{Name: name, Value: value})
		default:
			return &Error{Host: at.Host, Err: fmt.Errorf("the URL has an unknown parameter %q", name),
				Advice: "parameters are password_file, cluster, and settings of the server such as max_memory_usage"}
		}
	}
	return nil
}

// maxPassword is the size up to which a password file is read, in bytes.
const maxPassword = 64 << 10

func readPassword(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxPassword+1))
	if err == nil && len(b) > maxPassword {
		err = fmt.Errorf("%s is larger than %d KiB", path, maxPassword>>10)
	}
	return b, err
}

// String returns the URL of the table without the password and the settings.
func (at *Location) String() string {
	s := ""
	for name, way := range ways {
		if way.tls == at.tls && way.http == at.http {
			s = name
		}
	}
	return fmt.Sprintf("%s://%s@%s/%s/%s", s, url.PathEscape(at.user), at.Host, url.PathEscape(at.Database), url.PathEscape(at.Table))
}
