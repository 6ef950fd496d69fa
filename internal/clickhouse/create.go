package clickhouse

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"beacon/internal/clickhouse/schema"
)

// schemaColumn is a column of the tables that Load creates.
type schemaColumn struct{ name, typ, codec string }

// definition returns the columns of the tables that Load creates on a server of
// version v. Servers before 20.5 lack what DateTime64 needs; there the time is a
// number of microseconds since 1970 and addresses are 16 bytes, an IPv4 address
// as ::ffff:a.b.c.d.
func definition(v schema.Version) []schemaColumn {
	if !v.AtLeast(20, 5) {
		return append([]schemaColumn{{"timestamp", "Int64", ""}, {"src_ip", "FixedString(16)", ""}, {"dst_ip", "FixedString(16)", ""}}, rest("FixedString(16)", "")...)
	}
	const packed = " CODEC(ZSTD(1))"
	return append([]schemaColumn{
		{"timestamp", "DateTime64(6, 'UTC')", " CODEC(DoubleDelta, ZSTD(1))"}, {"src_ip", "IPv6", packed}, {"dst_ip", "IPv6", packed},
	}, rest("IPv6", packed)...)
}

// rest returns the columns behind the ends of a flow.
func rest(address, codec string) []schemaColumn {
	return []schemaColumn{
		{"src_port", "UInt16", codec}, {"dst_port", "UInt16", codec}, {"protocol", "UInt8", codec}, {"bytes", "Int64", codec},
		{"src_bytes", "Int64", codec}, {"duration", "Float64", codec}, {schema.HostName, "String", codec}, {schema.HostAddress, address, codec},
	}
}

// createdUnit is the unit of the times in tables that Load created where they
// are numbers, in ns.
const createdUnit = int64(time.Microsecond)

// createdByLoad reports whether a table whose times are numbers has all the
// columns of one that Load created, in any version, so that their unit is known.
func createdByLoad(columns []schema.Column) bool {
	for _, want := range definition(schema.Version{}) {
		has := func(c schema.Column) bool { return schema.Current(c.Name) == want.name && c.Typ == want.typ }
		if want.name != schema.HostAddress && !slices.ContainsFunc(columns, has) {
			return false
		}
	}
	return true
}

// createTable returns the statement that creates a table for flows, partitioned
// by day and ordered by destination and time.
func createTable(database, table string, v schema.Version) string {
	day := "toYYYYMMDD(toDateTime(intDiv(timestamp, 1000000)), 'UTC')"
	if v.AtLeast(20, 5) {
		day = "toYYYYMMDD(timestamp, 'UTC')"
	}
	var columns []string
	for _, c := range definition(v) {
		columns = append(columns, c.name+" "+c.typ+c.codec)
	}
	return fmt.Sprintf("CREATE TABLE %s.%s (\n    %s\n) ENGINE = MergeTree\nPARTITION BY %s\nORDER BY (dst_ip, timestamp)",
		schema.Ident(database), schema.Ident(table), strings.Join(columns, ",\n    "), day)
}

// create creates the table. It fails where there is one already.
func (e *Engine) create(ctx context.Context) error {
	return e.Exec(ctx, "creating the table", createTable(e.At.Database, e.At.Table, e.Release))
}

// exists reports whether the server has the table.
func (e *Engine) exists(ctx context.Context) (bool, error) {
	var name string
	ask := &schema.Statement{Columns: []string{"name"}, From: "system.tables",
		Where: schema.All("database = "+schema.Text(e.At.Database), "name = "+schema.Text(e.At.Table))}
	err := e.Rows(ctx, "looking for the table", ask, []any{&name}, func() error { return nil })
	return name != "", err
}
