package client

import (
	"context"
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"beacon/internal/trust"
)

// A server that says nothing is given up after the timeout, which ends before the context does.
func TestSilentServer(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	at, err := Parse("clickhouse://"+l.Addr().String()+"/d/t", "")
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), dialTimeout/2)
	defer cancel()
	_, err = Dial(ctx, at, Options{Timeout: 50 * time.Millisecond})
	require.ErrorContains(t, err, "connecting: the server doesn't answer")
	require.Equal(t, hintPorts, err.(*Error).Hint())
}

// A client certificate that the connection can't show is no use.
func TestCertificateWithoutTLS(t *testing.T) {
	for _, way := range []string{"clickhouse", "clickhouse+http"} {
		at, err := Parse(way+"://127.0.0.1:1/d/t", "")
		require.NoError(t, err)
		_, err = Dial(t.Context(), at, Options{TLS: trust.Files{Certificate: "cert.pem", Key: "key.pem"}})
		require.ErrorContains(t, err, "isn't encrypted")
		require.Contains(t, err.(*Error).Hint(), "clickhouses://")
	}
}
