package beacon

// RITAScore is RITA v5's beacon score and its four parts, each 0 to 1.
type RITAScore struct {
	Score, TS, DS, Dur, Hist float64
	Eligible                 bool // RITA would score this pair at all
}

// RITA computes RITA v5's beacon score. times are ns since the epoch, sorted or not;
// sizes are the flows' bytes, nil where unknown; logMin and logMax the first and last
// times of the log.
func RITA(times, sizes []int64, logMin, logMax int64) RITAScore { return RITAScore{} }
