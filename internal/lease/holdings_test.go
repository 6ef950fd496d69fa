package lease

import (
	"net/netip"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestHeldBy(t *testing.T) {
	fresh := granted(one, laptop, 10)
	fresh.Fresh = true
	tab := table(t, fresh, granted(one, printer, 15), granted(two, laptop, 15))
	held := tab.HeldBy(func(d *Device) bool { return d.Named("laptop") })
	require.Equal(t, []netip.Addr{one, two}, held.Addresses())
	require.True(t, held.Has(one))
	require.False(t, held.At(one, 9*hour))
	require.True(t, held.At(one, 14*hour))
	require.False(t, held.At(one, 15*hour), "the printer has it")
	require.True(t, held.At(two, 1000*hour))
	nobody := tab.HeldBy(func(*Device) bool { return false })
	require.Empty(t, nobody.Addresses())
	require.False(t, nobody.At(one, 14*hour))
	none := (*Table)(nil).HeldBy(func(*Device) bool { return true })
	require.False(t, none.Has(one))
	require.False(t, none.At(one, 0))
}
