// Package watch follows logs as they grow and answers the same question about a sliding
// window of them, again and again.
//
// # What is kept
//
// What is read of a log is kept as it is in a spool, compressed, whole lines of text or
// whole files of a binary format. An answer is that of a reading of the spools from the
// beginning of the window on, as if they were the logs, so that it is what detect says
// about the same flows by construction. How a log is to be read, what joins its records and
// what its names mean needs no second implementation here.
//
// The checkpoint names each spool with its length, and says how much of each log is in it.
// Spools are synced before the checkpoint is, and the checkpoint is replaced by renaming, so
// that after a crash a position and the flows before it belong together: what lies beyond the
// lengths is cut off and read again.
//
// # Which file is which log
//
// A log is known by its beginning (see beginning), a file by device and inode. A log that is
// renamed keeps its inode; one that is copied or compressed has the beginning of a log that is
// known, and is read on from where that one was left. A file that is shorter than it was, or
// whose beginning differs, is another log.
package watch
