// Package simulate writes flow logs with known beacons in them.
package simulate
