package simulate

import "net/netip"

// Shape tells what a destination's calls per minute look like over days.
type Shape string

const (
	Diurnal Shape = "diurnal" // quiet nights, a working-day hump
	Flat    Shape = "flat"    // day and night alike
	Bursts  Shape = "bursts"  // silence, but for a few runs at the same times each day
)

// plantedDestination is an outside address that is called in all 60 minutes of
// the hour.
type plantedDestination struct {
	addr  netip.Addr
	shape Shape
	peak  float64 // calls a minute at the height of the day, at scale 1
	late  int     // minutes by which its day lags the office's
	port  uint16
	proto uint8
}

// plantedDestinations are the 14 of the original challenge, in its order.
var plantedDestinations = []plantedDestination{
	{netip.MustParseAddr("198.70.42.36"), Diurnal, 680, 0, 443, TCP},
	{netip.MustParseAddr("5.183.60.54"), Flat, 20, 0, 443, TCP},
	{netip.MustParseAddr("250.42.245.153"), Diurnal, 310, 12, 443, TCP},
	{netip.MustParseAddr("251.139.203.226"), Diurnal, 210, 5, 443, TCP},
	{netip.MustParseAddr("55.107.247.62"), Diurnal, 470, 8, 80, TCP},
	{netip.MustParseAddr("24.161.197.98"), Diurnal, 140, 20, 993, TCP},
	{netip.MustParseAddr("148.26.83.117"), Flat, 20, 0, 8443, TCP},
	{netip.MustParseAddr("21.91.160.44"), Diurnal, 390, 3, 443, TCP},
	{netip.MustParseAddr("65.64.19.34"), Diurnal, 170, 15, 443, UDP},
	{netip.MustParseAddr("234.8.152.205"), Diurnal, 250, 10, 443, TCP},
	{resolverUpstream, Diurnal, 42, 0, 53, UDP},
	{netip.MustParseAddr("80.155.115.153"), Bursts, 80, 0, 443, TCP},
	{netip.MustParseAddr("78.161.198.188"), Bursts, 80, 0, 443, TCP},
	{netip.MustParseAddr("132.213.142.131"), Bursts, 80, 0, 8080, TCP},
}

// resolverUpstream is the one planted destination with a single source.
var resolverUpstream = netip.AddrFrom4([4]byte{8, 8, 8, 8})

// infectedHost is a host that calls the burst destinations; row is where the
// original log has its first call, which sets the pace of the first burst.
type infectedHost struct {
	addr netip.Addr
	row  int64
}

// infectedHosts are the 26 of the original challenge, in order of first call.
var infectedHosts = []infectedHost{
	{netip.MustParseAddr("120.18.201.129"), 503796},
	{netip.MustParseAddr("120.18.2.84"), 504115},
	{netip.MustParseAddr("120.18.146.190"), 515835},
	{netip.MustParseAddr("120.18.216.16"), 542064},
	{netip.MustParseAddr("120.18.54.9"), 567744},
	{netip.MustParseAddr("120.18.102.12"), 582629},
	{netip.MustParseAddr("120.18.248.164"), 623570},
	{netip.MustParseAddr("120.18.123.205"), 635570},
	{netip.MustParseAddr("120.18.205.249"), 647223},
	{netip.MustParseAddr("120.18.138.14"), 654354},
	{netip.MustParseAddr("120.18.132.113"), 658088},
	{netip.MustParseAddr("120.18.188.217"), 662042},
	{netip.MustParseAddr("120.18.12.170"), 666483},
	{netip.MustParseAddr("120.18.202.49"), 668357},
	{netip.MustParseAddr("120.18.136.32"), 689205},
	{netip.MustParseAddr("120.18.219.23"), 693631},
	{netip.MustParseAddr("120.18.180.110"), 717801},
	{netip.MustParseAddr("120.18.240.47"), 739725},
	{netip.MustParseAddr("120.18.168.231"), 747601},
	{netip.MustParseAddr("120.18.36.143"), 751304},
	{netip.MustParseAddr("120.18.216.159"), 757815},
	{netip.MustParseAddr("120.18.184.225"), 768456},
	{netip.MustParseAddr("120.18.224.201"), 771843},
	{netip.MustParseAddr("120.18.102.141"), 805606},
	{netip.MustParseAddr("120.18.185.238"), 817697},
	{netip.MustParseAddr("120.18.162.99"), 852189},
}

// officeDay is how busy the office is in each minute of the day, from 0 to 1.
var officeDay = func() (level [1440]float64) {
	knots := []struct {
		minute int
		level  float64
	}{
		{0, .002}, {6 * 60, .002}, {6*60 + 45, .3}, {7*60 + 30, .75}, {8*60 + 30, 1}, {11*60 + 45, .95},
		{12*60 + 30, .78}, {13*60 + 30, .9}, {16 * 60, .72}, {18 * 60, .45}, {20 * 60, .27}, {22 * 60, .13}, {1440, .01},
	}
	for i, k := range knots[:len(knots)-1] {
		next := knots[i+1]
		for m := k.minute; m < next.minute; m++ {
			part := float64(m-k.minute) / float64(next.minute-k.minute)
			level[m] = k.level + float64(part*(next.level-k.level))
		}
	}
	return level
}()
