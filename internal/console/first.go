package console

import (
	"errors"

	"beacon/internal/words"
)

// mostErrors is how many errors about the files of a directory are shown one by one.
const mostErrors = 20

// First returns the first 20 of a list of errors about files, and an error that says how many
// more there are.
func First(list []error) []error {
	if len(list) <= mostErrors {
		return list
	}
	more := errors.New(words.Plural(int64(len(list)-mostErrors), "more file", "more files"))
	return append(list[:mostErrors:mostErrors], more)
}

// FirstOf returns an error that joins others with the first of them (see First), and any other
// error as it is.
func FirstOf(err error) error {
	if joined, ok := err.(interface{ Unwrap() []error }); ok && len(joined.Unwrap()) > mostErrors {
		return errors.Join(First(joined.Unwrap())...)
	}
	return err
}
