package parquetlog

import (
	"fmt"
	"slices"

	"beacon/internal/flowlog"
)

// checkLists has notes say which lists aren't read, though their names say that they hold what
// no column has. It returns why a log can't be read: err, or that what it lacks is in a list.
func (f *parquetFile) checkLists(lists []string, roles []flowlog.Role, opt *flowlog.Options, err error) error {
	for _, name := range lists {
		r, ok := flowlog.RoleOf(name)
		switch {
		case !ok || slices.Contains(roles, r) || !flowlog.Needed(r, opt.Columns):
		case err != nil && r.Needed():
			return &flowlog.InputError{Err: fmt.Errorf("column %s holds a list of values", name),
				Hint: fmt.Sprintf(`write its first one: duckdb -c "copy (select * replace (\"%s\"[1] as \"%s\") from '%s') to 'new.parquet'"`, name, name, f.in.Name)}
		case err == nil:
			f.notes = append(f.notes, flowlog.Note{Text: "flows of which %s isn't read, a list", Detail: name})
		}
	}
	return err
}
