package textlog

import (
	"errors"
	"unicode/utf8"

	"beacon/internal/flowlog"
)

// suggestEncoding completes the refusal of a table whose header is not in UTF-8, and was taken
// for one in Windows-1252: its names may be wrong.
func suggestEncoding(in *flowlog.Input, header []byte, err error) error {
	var refusal *flowlog.InputError
	if utf8.Valid(header) || !errors.As(err, &refusal) {
		return err
	}
	full := *refusal
	full.Hint += "; if its letters are wrong, change their encoding, such as GBK, Shift_JIS, EUC-KR or Windows-1251: iconv -f GBK -t UTF-8 " + in.Word() + " | beacon detect -"
	return &full
}
