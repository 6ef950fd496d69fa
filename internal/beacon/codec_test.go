package beacon

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"reflect"
	"testing"

	"github.com/stretchr/testify/require"

	"beacon/internal/netset"
	"beacon/internal/spill"
)

// Every field of a candidate comes back as it was, but for the reasons, which follow from
// the others.
func TestCandidatesComeBack(t *testing.T) {
	again := func(v *Candidate) *Candidate {
		var to spill.Coder
		codeCandidate(&to, v)
		from, got := spill.Coder{Bytes: to.Bytes, Reading: true}, new(Candidate)
		codeCandidate(&from, got)
		return got
	}
	for seed := range uint64(200) {
		var want Candidate
		fill(reflect.ValueOf(&want).Elem(), rand.New(rand.NewPCG(seed, 5)))
		want.Reasons, want.cut = nil, float64(seed)
		require.Equal(t, &want, again(&want), "seed %d", seed)
	}
	zero := Candidate{}
	require.Equal(t, &zero, again(&zero))
}

// fill sets each field of a value to something, which is seldom its zero value.
func fill(v reflect.Value, r *rand.Rand) {
	if v.Type() == reflect.TypeFor[netset.Host]() {
		hosts := []netset.Host{{}, {Name: "*.example.com"}, {Addr: netip.AddrFrom4([4]byte{10, byte(r.Int()), 0, 1})}, netset.MustHost("2001:db8::7")}
		v.Set(reflect.ValueOf(hosts[r.IntN(len(hosts))]))
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		if r.IntN(3) > 0 {
			v.Set(reflect.New(v.Type().Elem()))
			fill(v.Elem(), r)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				fill(v.Field(i), r)
			}
		}
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Interface {
			return
		}
		if n := r.IntN(4); n > 0 {
			v.Set(reflect.MakeSlice(v.Type(), n, n))
		}
		for i := range v.Len() {
			fill(v.Index(i), r)
		}
	case reflect.String:
		v.SetString(fmt.Sprint([]any{"", "sleep", VerdictWeak, r.Uint32()}[r.IntN(4)]))
	case reflect.Bool:
		v.SetBool(r.IntN(2) == 1)
	case reflect.Float64:
		v.SetFloat([]float64{0, 1, -1, 5e-324, r.Float64()}[r.IntN(5)])
	case reflect.Int, reflect.Int64:
		v.SetInt(int64(r.Uint64()) >> r.IntN(64))
	default:
		v.SetUint(r.Uint64() >> (64 - v.Type().Bits()) >> r.IntN(v.Type().Bits()))
	}
}
