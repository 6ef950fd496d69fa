package wrap

import (
	"github.com/valyala/fastjson"
)

// Answers that are tables, their columns named once: Log Analytics and Sentinel
// {"tables":[{"columns":[{"name":...}],"rows":[[...]]}]}, Kusto's older
// {"Tables":[{"Columns":[{"ColumnName":...}],"Rows":[[...]]}]}, and Splunk's
// json_rows {"fields":[...],"rows":[[...]]}. A row becomes an object.
//
// Shape: Microsoft, "Azure Monitor Log Analytics API response format"; Kusto REST
// API, "Query v1 HTTP response"; Splunk REST API reference, output_mode=json_rows.

func init() {
	registerTable("Log Analytics tables", "tables", []string{"tables", "*", "rows"}, "columns")
	registerTable("Kusto tables", "Tables", []string{"Tables", "*", "Rows"}, "Columns")
	registerTable("Splunk rows", "rows", []string{"rows"}, "fields")
}

func registerTable(name, token string, path []string, columns string) {
	register(&envelope{name: name, rank: 3, token: `"` + token + `"`, path: path, keep: columns, begin: func(first []element) func() picker {
		if len(first) < 2 || first[0].key != columns || columnNames(fastjson.MustParseBytes(first[0].text)) == nil ||
			fastjson.MustParseBytes(first[1].text).Type() != fastjson.TypeArray {
			return nil
		}
		return func() picker { return new(table).pick }
	}})
}

// table is the columns of the rows that are read.
type table struct {
	names []string
	arena fastjson.Arena
}

func (t *table) pick(dst []byte, e element, v *fastjson.Value) ([]byte, bool) {
	if e.key != "" {
		t.names = columnNames(v)
		return dst, false
	}
	cells, err := v.Array()
	if err != nil {
		return v.MarshalTo(dst), true
	}
	t.arena.Reset()
	dst = append(dst, '{')
	for i, cell := range cells[:min(len(cells), len(t.names))] {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = t.arena.NewString(t.names[i]).MarshalTo(dst)
		dst = append(dst, ':')
		dst = cell.MarshalTo(dst)
	}
	return append(dst, '}'), true
}

// columnNames returns the names in a list of columns, nil where it is none.
func columnNames(v *fastjson.Value) (names []string) {
	list, err := v.Array()
	if err != nil {
		return nil
	}
	for _, column := range list {
		for _, name := range [...]*fastjson.Value{column, column.Get("name"), column.Get("ColumnName")} {
			if name == nil {
				continue
			}
			if text, err := name.StringBytes(); err == nil {
				names = append(names, string(text))
				break
			}
		}
	}
	if len(names) != len(list) {
		return nil
	}
	return names
}
