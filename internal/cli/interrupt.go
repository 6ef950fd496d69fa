package cli

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
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

// interruptGrace is how long an interrupted command may take to clean up. A
// command that waits for a pipe, a FIFO or a server never returns: it is left.
const interruptGrace = 700 * time.Millisecond

// watchGrace is how long a command that goes on until it is interrupted may take to write
// its checkpoint.
const watchGrace = 20 * time.Second

// interruptible runs a command. The first signal cancels its context; when the
// command has returned, the grace has passed or another signal has come, the
// temporary files are removed. SIGHUP doesn't end a command that has set a.hangup: it calls
// that. It returns the command's error and 0, or the
// status of the signal that ended the command.
func (a *app) interruptible(run func(context.Context) error) (status int, err error) {
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
	grace := interruptGrace
	for first == nil {
		select {
		case err := <-done:
			return 0, err
		case first = <-signals:
		}
		if hangup := a.hangup.Load(); hangup != nil {
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
	a.stdout.End()
	a.stderr.End()
	a.files.Discard()
	return interrupts[first], nil
}

// interruptedGrace is how long the last message of an interrupted run may take: standard
// error may be a pipe that nobody reads.
const interruptedGrace = 100 * time.Millisecond

// sayInterrupted says that the run was interrupted.
func sayInterrupted(stderr io.Writer) {
	said := make(chan struct{})
	go func() {
		fmt.Fprintln(stderr, "beacon: interrupted")
		close(said)
	}()
	select {
	case <-said:
	case <-time.After(interruptedGrace):
	}
}
