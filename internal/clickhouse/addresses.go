package clickhouse

import (
	"context"
	"errors"
	"fmt"

	driver "github.com/ClickHouse/clickhouse-go/v2"

	"beacon/internal/clickhouse/client"
	"beacon/internal/clickhouse/named"
	"beacon/internal/clickhouse/schema"
)

// addressName is an address of either end in these statements.
const addressName = "beacon_address"

// distinct returns every address of a flow, once.
func (x *question) distinct() *schema.Statement {
	s := x.statement()
	s.With = x.ends()
	ends := "[" + x.Src.Name + ", " + x.Dst.Name + "]"
	if x.names != nil {
		ends = schema.Call("if", named.Asked+" = ''", ends, "["+x.Src.Name+"]")
	}
	s.Columns = []string{schema.As(schema.Call("arrayJoin", ends), addressName)}
	s.Group = []string{addressName}
	s.Settings = nil
	return s
}

// addresses counts the distinct addresses, and the internal ones that are not
// excluded.
func (x *question) addresses() *schema.Statement {
	return &schema.Statement{
		Columns:  []string{schema.As(schema.Call("toInt64", schema.Call("count")), "beacon_addresses"), schema.As(schema.Call("toInt64", schema.Call("countIf", x.internalAddress())), "beacon_internal_hosts")},
		From:     x.distinct().Within(),
		Settings: with(x.settings, x.most), Sets: x.Src.Sets,
	}
}

// internalAddress returns the condition of an address that is internal and not excluded.
func (x *question) internalAddress() string {
	return schema.All(schema.IsTrue(x.Src.In(addressName, x.internal), schema.Never), schema.Not(x.Src.In(addressName, x.query.Exclude)))
}

// internalNames counts the names that are destinations, and internal.
func (x *question) internalNames() *schema.Statement {
	s := x.statement()
	s.Columns = []string{schema.Call("toInt64", schema.Call("uniqExact", named.Asked))}
	s.Where = schema.All(s.Where, named.Asked+" != ''", named.Internal(named.Asked, x.internal), schema.Not(named.In(named.Asked, x.query.Exclude)))
	return s
}

// manyAddresses returns the statement that estimates what addresses counts.
func (x *question) manyAddresses() *schema.Statement {
	s := x.distinct()
	s.Group = nil
	return &schema.Statement{
		Columns:  []string{schema.Call("toInt64", schema.Call("uniqCombined", addressName)), schema.Call("toInt64", schema.Call("uniqCombinedIf", addressName, x.internalAddress()))},
		From:     s.Within(),
		Settings: x.settings, Sets: x.Src.Sets,
	}
}

// mostAddresses is how many distinct addresses are counted one by one, in about 64 bytes of
// the server's memory each. More are estimated.
var mostAddresses = 10_000_000 // tests make it smaller

// mostSettings returns the settings that end a count of more addresses with an error.
func mostSettings() []schema.Setting {
	return []schema.Setting{{Name: "max_rows_to_group_by", Value: fmt.Sprint(mostAddresses)}, {Name: "group_by_overflow_mode", Value: "throw"}}
}

// countAddresses counts the distinct addresses, or estimates their number where they are
// very many. Where neither number is shown, it is enough that some are internal.
func (f *gathering) countAddresses(ctx context.Context) error {
	t := &f.found.Totals
	if (f.warned || f.query.Brief) && (f.query.Internal == nil || f.network.InDefault > 0) {
		t.InternalHosts = 1
		return nil
	}
	if f.names != nil {
		var names int64
		if err := f.Row(ctx, "counting internal names", f.question.internalNames(), &names); err != nil {
			return err
		}
		defer func() { t.InternalHosts += names }()
	}
	err := f.Row(ctx, "counting addresses", f.question.addresses(), &t.Addresses, &t.InternalHosts)
	var exception *driver.Exception
	if !errors.As(err, &exception) || exception.Code != client.CodeTooMany || f.question.most == nil {
		return err
	}
	f.estimated = true
	return f.Row(ctx, "estimating the number of addresses", f.question.manyAddresses(), &t.Addresses, &t.InternalHosts)
}
