package devicelog

import "beacon/internal/flowlog/record"

// AdGuard Home's query log (querylog.json): client and name of each query.
//
// Shape: AdGuardTeam/AdGuardHome, internal/querylog.

func init() {
	record.RegisterDialect(&record.Dialect{
		Name:    "adguard",
		Shown:   "T, QH, QT, IP",
		Doc:     "AdGuard Home query log, JSON",
		Example: `{"T":"2020-06-21T00:00:02.123456Z","QH":"a.example","QT":"A","QC":"IN","Answer":"","Result":{},"Elapsed":12345,"IP":"10.0.0.5"}`,
		Needs:   [][]string{{"t"}, {"qh"}, {"qt"}, {"ip"}},
		Names:   record.All(record.Time.Named("t"), record.Src.Named("ip"), record.Name.Named("qh")),
		Finish: func(v *record.Values, _ func(string) []byte) string {
			v.Text[record.DstPort] = dnsPort
			return ""
		},
	})
}
