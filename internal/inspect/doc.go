// Package inspect is what a log holds, before anything is concluded from it.
package inspect
