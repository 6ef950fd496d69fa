package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
)

// What Zeek's ssl.log and http.log have behind a connection's ends; %s is the name.
const (
	sslColumns  = "version\tcipher\tcurve\tserver_name\tresumed\tlast_alert\tnext_protocol\testablished\tssl_history"
	sslRest     = "TLSv12\tTLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256\tx25519\t%s\tF\t-\th2\tT\tCsxknGIi"
	httpColumns = "trans_depth\tmethod\thost\turi\treferrer\tversion\tuser_agent\torigin\trequest_body_len"
	httpRest    = "1\tGET\t%s\t/some/path/of/a/page.html?with=a&query=1\t-\t1.1\tMozilla/5.0\t-\t0"
)

// named writes the office log as a log of Zeek's that names the server of each flow: as
// many names as there are destinations.
func named(path, columns, rest string) func(b *bench, path string) error {
	return func(b *bench, to string) error {
		in, err := b.open(officeZeekTSV)
		if err != nil {
			return err
		}
		defer in.Close()
		return writeFile(to, func(w io.Writer) error {
			fmt.Fprintf(w, "#separator \\x09\n#path\t%s\n#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\t%s\n", path, columns)
			return eachFlow(in, func(ends, server []byte) {
				name := "www." + string(bytes.ReplaceAll(server, []byte("."), []byte("-"))) + ".example.com"
				fmt.Fprintf(w, "%s\t"+rest+"\n", ends, name)
			})
		})
	}
}

// eachFlow calls do with the first six columns of each line of a conn.log, and with the
// fifth of them, the server's address.
func eachFlow(conn io.Reader, do func(ends, server []byte)) error {
	lines := bufio.NewScanner(conn)
	for lines.Scan() {
		fields := bytes.SplitN(lines.Bytes(), []byte("\t"), 7)
		if len(fields) == 7 && fields[0][0] != '#' {
			do(bytes.Join(fields[:6], []byte("\t")), fields[4])
		}
	}
	return lines.Err()
}
