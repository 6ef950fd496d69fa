package client

import (
	"net"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// TestPacedConn reads for longer than a read may take, and then from a server that is silent.
func TestPacedConn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const patience = 500 * time.Millisecond
		server, client := net.Pipe()
		defer server.Close()
		paced := &pacedConn{Conn: client}
		defer paced.Close()
		require.NoError(t, paced.SetReadDeadline(time.Now().Add(patience)))
		begun := time.Now()
		go func() {
			for range 8 {
				time.Sleep(patience / 5)
				server.Write([]byte{1})
			}
		}()
		for range 8 {
			_, err := paced.Read(make([]byte, 1))
			require.NoError(t, err)
		}
		require.Greater(t, time.Since(begun), patience)
		_, err := paced.Read(make([]byte, 1))
		require.ErrorIs(t, err, os.ErrDeadlineExceeded)

		require.NoError(t, paced.SetDeadline(time.Now().Add(-time.Second)))
		_, err = paced.Read(make([]byte, 1))
		require.ErrorIs(t, err, os.ErrDeadlineExceeded, "a deadline of the context holds")
		require.NoError(t, paced.SetReadDeadline(time.Time{}))
		require.Zero(t, paced.patience.Load())
	})
}
