package client

import (
	"errors"
	"io"
	"net"
	"regexp"
	"strings"
	"syscall"

	"beacon/internal/trust"
)

// wrongProtocol is how a server answers HTTP on the port of its native protocol.
const wrongProtocol = "is for clickhouse-client program"

const hintPorts = "the ports are 9000 for clickhouse://, 9440 for clickhouses://, 8123 for clickhouse+http:// and 8443 for clickhouse+https://, unless the server is set up otherwise"

const closed = "the server closed the connection"

// unexpectedPacket is what the driver says of an answer in another protocol. The number is
// its first byte: H of HTTP, 21 of a TLS alert.
var unexpectedPacket = regexp.MustCompile(`unexpected packet \[(\d+)\]`)

// httpAnswer is what the driver says of an error by HTTP that it can't read: one of an old
// server, or of a proxy.
var httpAnswer = regexp.MustCompile(`\[HTTP (\d+)\] response body: "(.*)"`)

// noPing is what the driver says where a server answers a ping by HTTP, SELECT 1, with no row.
const noPing = "cannot ping clickhouse"

// unreached says why a server can't be reached, or why a connection ended, and what to do.
// ok is false where the error is about something else.
func unreached(err error) (text, hint string, ok bool) {
	if text, hint, ok = trust.Explain(err); ok {
		if strings.HasSuffix(text, "on this port") {
			hint = hintPorts
		}
		return text, hint, true
	}
	if m := httpAnswer.FindStringSubmatch(err.Error()); m != nil && !strings.Contains(m[2], wrongProtocol) {
		answer := exceptionClass.ReplaceAllString(nestedCode.ReplaceAllString(m[2], "$1"), "")
		answer = strings.TrimSuffix(strings.ReplaceAll(answer, `\n`, " "), " ")
		switch {
		case m[1] == "401" || m[1] == "403":
			hint = hints[codeAuthentication]
		case strings.Contains(answer, "client_protocol_version"):
			answer, hint = "the server is too old for it", "use the native protocol: clickhouse://"
		}
		return "HTTP status " + m[1] + ": " + answer, hint, true
	}
	var dns *net.DNSError
	var network net.Error
	var system syscall.Errno
	packet := unexpectedPacket.FindStringSubmatch(err.Error())
	switch {
	case errors.As(err, &dns):
		return "no address is known of the host " + dns.Name, "", true
	case errors.Is(err, syscall.ECONNREFUSED):
		return "connection refused: no server listens there", hintPorts, true
	case packet != nil && packet[1] == "72":
		return "the server speaks HTTP on this port", hintPorts, true
	case packet != nil && packet[1] == "21":
		return "the server speaks TLS on this port", hintPorts, true
	case packet != nil:
		return "the server doesn't speak ClickHouse's native protocol on this port", hintPorts, true
	case strings.Contains(err.Error(), noPing):
		return "the server's answer to SELECT 1 is empty", "look at the user's settings: offset or additional_result_filter cuts answers", true
	case strings.Contains(err.Error(), wrongProtocol):
		return "the server speaks the native protocol on this port", hintPorts, true
	case strings.Contains(err.Error(), "server gave HTTP response to HTTPS client"):
		return "the server doesn't speak TLS on this port", hintPorts, true
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return closed, hintPorts, true
	case errors.As(err, &network) && network.Timeout():
		return "the server doesn't answer", hintPorts, true
	case errors.As(err, &system):
		return "the server can't be reached: " + system.Error(), "", true
	}
	return "", "", false
}
