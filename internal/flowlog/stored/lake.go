package stored

import (
	"fmt"
	"path/filepath"
	"strings"
)

// LakeError says that a directory is a table of a kind that keeps the files of earlier versions:
// rows that were deleted, or written anew into other files, would count as well.
type LakeError struct {
	Path string // of the table
	lake
}

// lake is a kind of table.
type lake struct {
	name string
	mark string // what stands in the path of a file that only such a table has
	scan string // how DuckDB reads the table; "" where it can't
}

// Sources: Delta Lake's PROTOCOL.md; Apache Iceberg's spec.md, "File System Tables"; Apache Hudi's
// technical specification, "Storage Layout".
var lakes = []lake{
	{"a table of Delta Lake", "/_delta_log/", "INSTALL delta; LOAD delta; FROM delta_scan"},
	{"a table of Apache Hudi", "/.hoodie/", ""},
	{"a table of Apache Iceberg", "/metadata/*.metadata.json", "INSTALL iceberg; LOAD iceberg; FROM iceberg_scan"},
}

// LakeOf returns an error where a file below a directory, or an object below a prefix, is of a
// table of such a kind; nil for others.
func LakeOf(path string) *LakeError {
	path = filepath.ToSlash(path)
	for _, l := range lakes {
		mark, ending, _ := strings.Cut(l.mark, "*")
		if at := strings.LastIndex(path, mark); at >= 0 && strings.HasSuffix(path, ending) {
			return &LakeError{path[:at], l}
		}
	}
	return nil
}

func (e *LakeError) Error() string {
	return e.name + ", whose files hold rows that are no longer in it"
}

// Hint returns what to type instead.
func (e *LakeError) Hint() string {
	all := fmt.Sprintf("a pattern such as '%s/*.parquet' reads all files", e.Path)
	if e.scan == "" {
		return all
	}
	return fmt.Sprintf(`duckdb -csv -c "%s('%s')" | beacon detect - reads what is in it now, %s`, e.scan, e.Path, all)
}
