package client

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"

	driver "github.com/ClickHouse/clickhouse-go/v2"

	"beacon/internal/clickhouse/schema"
	"beacon/internal/escape"
	"beacon/internal/trust"
)

// Error is an error of a server. It says which server, what was being done and what
// the analyst can do about it.
type Error struct {
	Host   string // the server that we talk to; a shard's name stands in Err
	Doing  string
	Err    error
	Left   string // what a failure left in the database
	Advice string // what the analyst can do; "" is that of the code
}

func (e *Error) Error() string {
	words := []string{"clickhouse"}
	if e.Host != "" {
		words[0] += " " + e.Host
	}
	if e.Doing != "" {
		words = append(words, escape.Line(e.Doing))
	}
	text := strings.Join(append(words, Explain(e.Err)), ": ")
	if e.Left != "" {
		text += "; " + e.Left
	}
	return text
}

func (e *Error) Unwrap() error { return e.Err }

// Hint returns what the analyst can do, or "".
func (e *Error) Hint() string {
	if e.Advice != "" {
		return e.Advice
	}
	var exception *driver.Exception
	if errors.As(e.Err, &exception) {
		if exception.Code == codeNoShard && strings.Contains(exception.Message, "There is no table") { // the shard answers
			return hints[CodeUnknownTable]
		}
		if exception.Code == codeReadonly && strings.Contains(exception.Message, "Table functions") {
			return "name a Distributed table instead of ?cluster=, or connect as a user who isn't readonly"
		}
		return hints[exception.Code]
	}
	if _, hint, ok := unreached(e.Err); ok && e.Doing == connecting {
		return hint
	}
	return ""
}

// connecting is what is being done until the server has answered for the first time.
const connecting = "connecting"

// Error codes of the server for which there is a hint.
const (
	codeEnded           = 32 // reading after the end of a shard's answer
	CodeUnknownTable    = 60
	codeUnknownSetting  = 115
	CodeTooMany         = 158 // rows of a limit that throws
	codeTimeout         = 159
	codeReadonly        = 164
	codeNoCluster       = 170
	codeUnknownUser     = 192
	codeWrongPassword   = 193
	codeNoPassword      = 194
	codeSocketTimeout   = 209
	codeNetwork         = 210
	codeMemory          = 241
	codeNoShard         = 279
	codeConstraint      = 452 // a setting that the user's profile fixes, or a value out of its bounds
	codeAuthentication  = 516 // user or password, since 20.4
	codeUnknownDatabase = 81
	codeAccess          = 497
)

const hintShards = "every shard of the cluster must be reachable: a part of the flows gives no answer"

const hintPassword = "set BEACON_CLICKHOUSE_PASSWORD, or add ?password_file=FILE"

// HintClusters says how to find the clusters that a server knows.
const HintClusters = "SELECT DISTINCT cluster FROM system.clusters lists them"

var hints = map[int32]string{
	CodeUnknownTable:    "the table of the URL, a view or distributed, reads from this one: create it where it is missing, on each shard",
	codeUnknownDatabase: "name an existing database: " + URLForm,
	codeTimeout:         "give the server more time: ?max_execution_time=SECONDS",
	codeReadonly:        "connect as a user who may change settings, or remove the settings from the URL",
	codeUnknownSetting:  "correct the name of the setting in the URL, or remove it",
	codeNoCluster:       HintClusters,
	codeUnknownUser:     "name the user: clickhouse://USER@host",
	codeWrongPassword:   hintPassword,
	codeNoPassword:      hintPassword,
	codeAuthentication:  "name the user, clickhouse://USER@host, and set BEACON_CLICKHOUSE_PASSWORD, or add ?password_file=FILE",
	codeMemory:          "allow the server more memory with ?max_memory_usage=BYTES, or query a shorter time with --from and --to",
	codeNoShard:         hintShards,
	codeEnded:           hintShards,
	codeSocketTimeout:   hintShards,
	codeNetwork:         hintShards,
	codeConstraint:      "connect as a user whose settings have no constraints",
	codeAccess:          "connect as a user who may do this",
}

// isCode reports whether an error is that code of a server.
func isCode(err error, code int32) bool {
	var exception *driver.Exception
	return errors.As(err, &exception) && exception.Code == code
}

// Failed wraps an error of the server with what was being done. Where the context
// was cancelled it returns that error.
func (c *Conn) Failed(ctx context.Context, doing string, err error) error {
	if err == nil {
		return nil
	}
	var stalled stalledError
	if errors.As(context.Cause(ctx), &stalled) {
		return &Error{Host: c.At.Host, Doing: doing, Err: stalled, Advice: "look at the servers' health, or allow more time: --timeout 10m"}
	}
	if cause := ctx.Err(); cause != nil {
		return fmt.Errorf("%s: %w", doing, cause)
	}
	var known *Error
	if errors.As(err, &known) {
		return err
	}
	failed := &Error{Host: c.At.Host, Doing: doing, Err: err}
	if text, _, _ := unreached(err); doing == connecting && text == closed && c.At.tls {
		failed.Advice = "the server may want a client certificate of an authority that it trusts: --" + trust.FlagCertificate + ", --" + trust.FlagKey + "; " + hintPorts
	} else if isCode(err, codeReadonly) && len(c.unsafe) > 0 {
		failed.Advice = "connect as a user who may change settings: this one's " + names(c.unsafe) + " can cut an answer"
	}
	return failed
}

// names returns the names of settings.
func names(list []schema.Setting) string {
	var names []string
	for _, s := range list {
		names = append(names, s.Name)
	}
	return strings.Join(names, ", ")
}

var (
	exceptionClass = regexp.MustCompile(`DB::(NetException|Exception|ErrnoException): `)
	nestedCode     = regexp.MustCompile(`Code: \d+, e\.displayText\(\) = (.*?), e\.what\(\) = DB::\w+`)
	blankLines     = regexp.MustCompile(`\s*\n\s*`)
	stackTrace     = regexp.MustCompile(`(?s)[.,]?\s*Stack trace:.*`)
)

// Explain returns the text of an error on one line, without the server's stack
// trace.
func Explain(err error) string {
	var exception *driver.Exception
	if !errors.As(err, &exception) {
		var ours *Error // has words of its own around it
		if text, _, ok := unreached(err); ok && !errors.As(err, &ours) {
			return text
		}
		return err.Error()
	}
	message := stackTrace.ReplaceAllString(exception.Message, "")
	message = exceptionClass.ReplaceAllString(message, "")
	message = nestedCode.ReplaceAllString(message, "$1")
	message = blankLines.ReplaceAllString(strings.TrimRight(message, " .;\n"), "; ")
	return fmt.Sprintf("%s (code %d)", message, exception.Code)
}
