package client

import (
	"context"
	"crypto/tls"
	"net"
	"sync/atomic"
	"time"
)

// pacedConn is a connection whose time to read counts from the last byte that came: the
// driver sets a deadline once for all that a statement returns, and a large answer takes
// longer than a server may be silent.
type pacedConn struct {
	net.Conn
	patience atomic.Int64 // ns for each read; 0 where the connection's own deadline holds
}

// dial returns a function that connects to a server within a time. conf is nil without TLS.
func dial(conf *tls.Config, timeout time.Duration) func(ctx context.Context, addr string) (net.Conn, error) {
	return func(ctx context.Context, addr string) (conn net.Conn, err error) {
		dialer := &net.Dialer{Timeout: timeout}
		if conf != nil {
			conn, err = (&tls.Dialer{NetDialer: dialer, Config: conf}).DialContext(ctx, "tcp", addr)
		} else {
			conn, err = dialer.DialContext(ctx, "tcp", addr)
		}
		if err != nil {
			return nil, err
		}
		return &pacedConn{Conn: conn}, nil
	}
}

// SetReadDeadline sets how long each read from now on may take.
func (c *pacedConn) SetReadDeadline(t time.Time) error {
	patience := time.Duration(0)
	if !t.IsZero() {
		patience = max(time.Until(t), 1)
	}
	c.patience.Store(int64(patience))
	return c.Conn.SetReadDeadline(t)
}

// SetDeadline sets a deadline that holds whatever comes before it.
func (c *pacedConn) SetDeadline(t time.Time) error {
	c.patience.Store(0)
	return c.Conn.SetDeadline(t)
}

func (c *pacedConn) Read(b []byte) (int, error) {
	if patience := time.Duration(c.patience.Load()); patience > 0 {
		if err := c.Conn.SetReadDeadline(time.Now().Add(patience)); err != nil {
			return 0, err
		}
	}
	return c.Conn.Read(b)
}
