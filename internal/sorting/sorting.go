// Package sorting sorts short lists with the code that package sort has once. The
// generic functions of package slices are compiled anew for each type, at 7 to 20 KB of
// the binary, and are worth that where many elements are sorted.
package sorting

import "sort"

// Func is slices.SortFunc.
func Func[T any](list []T, compare func(a, b T) int) {
	sort.Slice(list, func(i, j int) bool { return compare(list[i], list[j]) < 0 })
}

// Stable is slices.SortStableFunc.
func Stable[T any](list []T, compare func(a, b T) int) {
	sort.SliceStable(list, func(i, j int) bool { return compare(list[i], list[j]) < 0 })
}
