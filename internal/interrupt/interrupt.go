// Package interrupt ends a run at the signals that interrupt it.
package interrupt

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"sync/atomic"
	"syscall"
	"time"
)

// interrupts are the signals that end a run, with its exit status: 128 and the
// signal's number, as a shell reports them.
var interrupts = map[os.Signal]int{
	syscall.SIGHUP:  128 + 1,
	syscall.SIGINT:  128 + 2,
	syscall.SIGTERM: 128 + 15,
}

// endGrace is how long an interrupted command may take to clean up. A
// command that waits for a pipe, a FIFO or a server never returns: it is left.
const endGrace = 700 * time.Millisecond

// watchGrace is how long a command that goes on until it is interrupted may take to write
// its checkpoint.
const watchGrace = 20 * time.Second

// Run is a run of a command. The zero value is ready.
type Run struct{ hangup atomic.Pointer[func()] }

// OnHangup makes SIGHUP call a function instead of ending the run, which then goes on until it is
// interrupted.
func (r *Run) OnHangup(call func()) { r.hangup.Store(&call) }

// Do runs a command. The first signal cancels its context; when the command has returned, the
// grace has passed or another signal has come, abandon is called, which removes what the command
// may leave behind. It returns the command's error and 0, or the status of the signal that ended
// the command.
func (r *Run) Do(run func(context.Context) error, abandon func()) (status int, err error) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	signals := make(chan os.Signal, 2)
	for s := range interrupts {
		if !signal.Ignored(s) { // nohup ignores SIGHUP
			signal.Notify(signals, s)
		}
	}
	defer signal.Stop(signals)
	done := make(chan error, 1)
	go func() { done <- run(ctx) }()
	var first os.Signal
	grace := endGrace
	for first == nil {
		select {
		case err := <-done:
			return 0, err
		case first = <-signals:
		}
		if hangup := r.hangup.Load(); hangup != nil {
			grace = watchGrace
			if first == syscall.SIGHUP {
				(*hangup)()
				first = nil
			}
		}
	}
	cancel()
	select {
	case err := <-done:
		if err == nil { // it had finished when the signal came
			return 0, nil
		}
	case <-signals:
	case <-time.After(grace):
	}
	abandon()
	return interrupts[first], nil
}

// sayGrace is how long the last message of an interrupted run may take: standard
// error may be a pipe that nobody reads.
const sayGrace = 100 * time.Millisecond

// Say says that the run was interrupted.
func Say(stderr io.Writer) {
	said := make(chan struct{})
	go func() {
		fmt.Fprintln(stderr, "beacon: interrupted")
		close(said)
	}()
	select {
	case <-said:
	case <-time.After(sayGrace):
	}
}
