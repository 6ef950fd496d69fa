package main

// internalNetwork is the internal network of every log here.
const internalNetwork = "120.0.0.0/8"

// threads is how many beacon and its peers may use.
const threads = 2

// row is one line of the table: a job that beacon does, the peer that it is
// held against, and how much better it must be.
type row struct {
	name   string
	log    log      // that beacon reads
	args   []string // more of beacon's, for the job alone and not for its peer
	peer   peer
	ratio  float64 // goal: beacon's time against the peer's, 0 is none
	memory float64 // goal: beacon's peak in MB, 0 is none
	before figures // measured before the last round of work on speed
}

// figures are what a row came to once, at scale 1; 0 is not known.
type figures struct {
	ratio float64 // beacon's time against the peer's
	cpu   float64 // beacon's CPU seconds
	peak  float64 // beacon's peak in MB
}

// peer is who does the same job, or a part of it that bounds it from below.
type peer int

const (
	duckDB      peer = iota
	gunzip           // decompresses the log, no more
	decode           // decompresses the three columns of a Parquet log, no more
	oneWorker        // beacon with one worker
	quarter          // beacon on the log a quarter as long
	oneMember        // beacon on the same flows in one packed file of one member
	connections      // beacon on the conn.log of the same flows
	parquet          // beacon on the same flows in Parquet, snappy
	everyMinute      // beacon by the every-minute rule
	polars           // by nodejs-polars
	ipv4             // beacon on the same calls to addresses of IPv4
	fewFlagged       // beacon on as many flows, 10 destinations of which are flagged
	oneFile          // beacon on the same flows in one file
)

// rows returns the lines, in order.
func rows() []row {
	return []row{
		{name: "CSV", log: officeCSV, ratio: 1. / 10, memory: 64, before: figures{.21, 2.21, 46}},
		{name: "Parquet, snappy", log: officeSnappy, ratio: 0.45, memory: 200, before: figures{.24, 1.64, 66}},
		{name: "Parquet, zstd", log: officeZstd, ratio: 0.45, memory: 200, before: figures{.325, 1.59, 65}},
		{name: "Parquet, plain addresses", log: officePlain, ratio: 1. / 2, memory: 200, before: figures{.507, 4.03, 64}},
		{name: "CSV, polars", log: officeCSV, peer: polars, before: figures{.159, 2.37, 46}},
		{name: "Parquet, snappy, polars", log: officeSnappy, peer: polars, before: figures{.221, 1.32, 66}},
		{name: "Parquet, snappy: floor", log: officeSnappy, peer: decode, before: figures{1.75, 1.54, 66}},
		{name: "CSV.gz", log: officeGzip, peer: gunzip, ratio: 1. / 2, memory: 64, before: figures{.819, 11, 51}},
		{name: "CSV.gz, 4 files to one", log: officeParts, peer: oneMember, ratio: 1, memory: 64, before: figures{1.06, 12.6, 50}},
		{name: "CSV.gz of members of 64 KiB to one member", log: officeMembers, peer: oneMember, ratio: 1, memory: 64, before: figures{.898, 10.9, 49}},
		{name: "Zeek JSON lines", log: officeZeek, ratio: 1. / 5, memory: 64, before: figures{.828, 13.2, 52}},
		{name: "Zeek TSV", log: officeZeekTSV, memory: 64, before: figures{.245, 3, 61}},
		{name: "Zeek TSV.gz", log: officeZeekGz, peer: gunzip, ratio: 1. / 2, memory: 64, before: figures{.735, 13.2, 51}},
		{name: "Arrow, lz4", log: officeArrow, peer: parquet, memory: 64, before: figures{2.71, 3.05, 58}},
		{name: "Zeek ssl.log, by name", log: officeSSL, peer: connections, ratio: 2, before: figures{2.06, 7.43, 69}},
		{name: "Zeek http.log, by name", log: officeHTTP, peer: connections, ratio: 2, before: figures{2.61, 8.11, 71}},
		{name: "CSV, 1 worker to 2", log: officeCSV, peer: oneWorker, ratio: 1 / 1.7, before: figures{.694, 2.18, 46}},
		{name: "10 million addresses in 20 million rows", log: manyAddresses, ratio: 1. / 3, memory: 1500, before: figures{.612, 10.8, 412}},
		{name: "A million IPv6 addresses in 2 million rows", log: million6, peer: ipv4, ratio: 1.5, before: figures{2.97, 3.06, 112}},
		{name: "10,000 flagged destinations in 10 million rows", log: flagged10000, peer: fewFlagged, ratio: 2, memory: 300, before: figures{9.38, 11.6, 1083}},
		{name: "10,000 files of 200 rows", log: files10000, peer: oneFile, ratio: 3, before: figures{26.9, 22.7, 151}},
		{name: "pcap, 1 worker to 2", log: packets, peer: oneWorker, ratio: 1 / 1.7, before: figures{.612, 5.65, 54}},
		{name: "CSV, every pair's rhythm", log: officeCSV, args: []string{"--rule", "rhythm"}, peer: everyMinute, ratio: 3, before: figures{6.68, 17.7, 599}},
		{name: "Parquet, every pair's rhythm", log: officeSnappy, args: []string{"--rule", "rhythm"}, peer: everyMinute, ratio: 3, before: figures{13.3, 17.9, 603}},
		{name: "CSV, 4 times the rows", log: officeLong, peer: quarter, ratio: 4.4, memory: 64, before: figures{3.54, 9.45, 51}},
	}
}
