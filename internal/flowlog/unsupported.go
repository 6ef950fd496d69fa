package flowlog

import (
	"bytes"
	"errors"
	"strings"
)

// Unsupported is a kind of file that is recognised but can't be read.
type Unsupported struct {
	What   string               // what the file is, as in an error message
	Magic  string               // the bytes at Offset; "" for none
	Offset int                  // of Magic in the file
	Also   func(head Head) bool // a further condition; nil for none
	Hint   string               // the command that converts the file, with FILE for its name
	Last   bool                 // looked for only where no format knows the file
}

// RegisterUnsupported adds kinds of files; the packages of readers call it from init.
func RegisterUnsupported(kinds ...Unsupported) { unsupported = append(unsupported, kinds...) }

var unsupported []Unsupported

// checkSupported returns an error with the command that converts the input if it
// is of an Unsupported kind.
func checkSupported(in *Input, last bool) error {
	for _, f := range unsupported {
		if f.Last != last || len(in.Head) < f.Offset || !bytes.HasPrefix(in.Head[f.Offset:], []byte(f.Magic)) || f.Also != nil && !f.Also(in.Head) {
			continue
		}
		hint := f.Hint
		name := in.Name
		if in.path == "" {
			name = "FILE"
		}
		if strings.Contains(hint, "'FILE'") {
			hint = strings.ReplaceAll(hint, "FILE", strings.NewReplacer(`'`, `''`, `"`, `\"`, `$`, `\$`, "`", "\\`").Replace(name))
		} else {
			hint = strings.ReplaceAll(hint, "FILE", shellWord(name))
		}
		if in.Compression != "" && hint != "" && f.Magic != "ustar" {
			hint = "unpack it (it is in " + in.Compression + "), then " + hint
		}
		return &InputError{Input: in.Name, Err: errors.New(f.What + ", which beacon does not read"), Hint: hint}
	}
	return nil
}

// shellWord returns a text as one word of a POSIX shell.
func shellWord(text string) string {
	if text != "" && strings.Trim(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./:@%+=,") == "" && text[0] != '-' {
		return text
	}
	if strings.HasPrefix(text, "-") {
		text = "./" + text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}

// Word returns the input as one word of a command: its name, quoted where it must be,
// or - for standard input.
func (in *Input) Word() string {
	if in.path == "" {
		return stdinName
	}
	return shellWord(in.Name)
}
