// Package eval is the scoreboard: how well the rhythm judge and its peers tell
// beacons from everything else.
//
// Each table is one function that returns a [Table]. They need no state between
// them, take their chance from fixed seeds, and give the same cells whatever the
// number of workers.
package eval
