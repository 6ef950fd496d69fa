package all

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"beacon/internal/flow"
	"beacon/internal/flowlog"
	"beacon/internal/flowlog/logtest"
)

// A line in an envelope that has no time gets that of its event, and one whose time has no year
// gets its year.
func TestLinesWithTheTimeBeside(t *testing.T) {
	const kernel = "kernel: IN=eth0 OUT= SRC=10.0.0.5 DST=203.0.113.9 PROTO=TCP SPT=50000 DPT=443"
	at := time.Date(2020, 3, 5, 12, 0, 0, 0, time.UTC)
	for name, text := range map[string]string{
		"Splunk's export":            `{"preview":false,"result":{"_raw":"Mar  5 12:00:00 fw ` + kernel + `","_time":"2020-03-05T12:00:00.000+00:00"}}`,
		"Splunk's export, no time":   `{"preview":false,"result":{"_raw":"` + kernel + `","_time":"2020-03-05T12:00:00.000+00:00"}}`,
		"Splunk's events":            `{"time":1583409600.5,"event":"Mar  5 12:00:00 fw ` + kernel + `","host":"a"}`,
		"Splunk's table":             "_raw,_time,host\n\"Mar  5 12:00:00 fw " + kernel + "\",2020-03-05T12:00:00Z,a",
		"message":                    `{"@timestamp":"2020-03-05T12:00:00Z","message":"Mar  5 12:00:00 fw ` + kernel + `"}`,
		"message, no time":           `{"@timestamp":"2020-03-05T12:00:00Z","message":"` + kernel + `"}`,
		"Graylog":                    `{"version":"1.1","host":"fw","short_message":"` + kernel + `","timestamp":1583409600.0}`,
		"CloudWatch":                 `{"events":[{"timestamp":1583409601000,"message":"Mar  5 12:00:00 fw ` + kernel + `"}]}`,
		"CloudWatch Insights":        `{"results":[[{"field":"@timestamp","value":"2020-03-05 12:00:00.000"},{"field":"@message","value":"` + kernel + `"}]]}`,
		"Loki":                       `{"status":"success","data":{"resultType":"streams","result":[{"stream":{"a":"b"},"values":[["1583409600000000000","` + kernel + `"]]}]}}`,
		"logcli":                     `{"labels":{"a":"b"},"line":"` + kernel + `","timestamp":"2020-03-05T12:00:00Z"}`,
		"Google Cloud":               `{"timestamp":"2020-03-05T12:00:00Z","logName":"x","textPayload":"` + kernel + `"}`,
		"an id of ten digits":        `{"@timestamp":"2020-03-05T12:00:00Z","message":"` + kernel + ` SEQ=1234567890 MARK=0x1000000000"}`,
		"a rule's time":              `{"@timestamp":"2020-03-05T12:00:00Z","message":"filterlog[1]: 5,,,1583400000,igb0,match,pass,out,4,0x0,,64,1,0,DF,6,tcp,60,10.0.0.5,203.0.113.9,50000,443,0,S,1,,64240,,mss"}`,
		"a duration":                 `{"@timestamp":"2020-03-05T12:01:30Z","message":"%ASA-6-302014: Teardown TCP connection 12 for outside:203.0.113.9/443 to inside:10.0.0.5/50000 duration 0:01:30 bytes 1234 TCP FINs"}`,
		"a clock alone":              `{"@timestamp":"2020-03-05T12:00:00Z","message":"12:00:07 fw ` + kernel + `"}`,
		"a session's number":         `{"@timestamp":"2020-03-05T12:00:00Z","message":"RT_FLOW: RT_FLOW_SESSION_CREATE: session created 10.0.0.5/50000->203.0.113.9/443 0x0 None 10.0.0.5/50000->203.0.113.9/443 0x0 N/A N/A N/A N/A 6 r1 trust untrust 1583243200 N/A(N/A) ge-0/0/0.0 UNKNOWN UNKNOWN UNKNOWN"}`,
		"a flow log's own time":      `{"@timestamp":"2021-03-05T12:00:00Z","message":"2 123456789010 eni-1235b8ca 10.0.0.5 203.0.113.9 50000 443 6 20 4249 1583409600 1583409610 ACCEPT OK"}`,
		"a firewall's own time":      `{"@timestamp":"2021-03-05T12:00:00Z","message":"date=2020-03-05 time=12:00:00 devname=fw type=traffic srcip=10.0.0.5 dstip=203.0.113.9 srcport=50000 dstport=443 proto=6"}`,
		"February the 29th":          `{"@timestamp":"2021-03-01T00:00:02Z","message":"Feb 29 12:00:00 fw ` + kernel + `"}`,
		"a line with a year":         `{"@timestamp":"2021-01-01T00:00:00Z","message":"Mar  5 2020 12:00:00 fw ` + kernel + `"}`,
		"the last line of the year":  `{"@timestamp":"2021-01-01T00:00:02Z","message":"Dec 31 23:59:59 fw ` + kernel + `"}`,
		"the first line of the year": `{"@timestamp":"2020-12-31T23:59:59Z","message":"Jan  1 00:00:01 fw ` + kernel + `"}`,
	} {
		want := map[string]time.Time{"the last line of the year": time.Date(2020, 12, 31, 23, 59, 59, 0, time.UTC),
			"the first line of the year": time.Date(2021, 1, 1, 0, 0, 1, 0, time.UTC), "February the 29th": time.Date(2020, 2, 29, 12, 0, 0, 0, time.UTC)}[name]
		if want.IsZero() {
			want = at
		}
		flows, _, err := logtest.ReadFlows(logtest.WriteFile(t, "log", []byte(text+"\n")), flowlog.Options{}, flow.Base, 1)
		require.NoError(t, err, name)
		require.True(t, strings.HasPrefix(flows, strconv.FormatInt(want.UnixNano(), 10)+"\t10.0.0.5\t203.0.113.9\t"), name+": "+flows)
	}
}

// A zone beside the time of a record of JSON moves it, unless the time has one of its own.
func TestZoneBesideTimesInJSON(t *testing.T) {
	const noon, ten = "1583409600000000000", "1583402400000000000"
	for record, want := range map[string]string{
		`"time":"2020-03-05 12:00:00","tz":"+0200"`:                        ten,
		`"ts":"2020-03-05T12:00:00.000","timezone":"Europe/Helsinki"`:      ten,
		`"timestamp":"2020-03-05T12:00:00Z","timezone":"Europe/Helsinki"`:  noon,
		`"timestamp":1583409600,"timezone":"Europe/Helsinki"`:              noon,
		`"utc_time":"2020-03-05 12:00:00","timezone":"Europe/Helsinki"`:    noon,
		`"date":"2020-03-05","time":"12:00:00","timezone":"+02:00"`:        ten,
		`"timestamp":"2020-03-05 12:00:00","geoip":{"timezone":"+02:00"}`:  noon,
		`"timestamp":{"$date":"2020-03-05T12:00:00Z"}`:                     noon,
		`"timestamp":{"$date":{"$numberLong":"1583409600000"}}`:            noon,
		`"timestamp":{"$timestamp":{"t":1583409600,"i":1}}`:                noon,
		`"ts":{"$numberLong":"1583409600"},"dst_port":{"$numberInt":"80"}`: noon,
	} {
		text := `{` + record + `,"src_ip":"10.0.0.5","dst_ip":"203.0.113.9"}` + "\n"
		flows, report, err := logtest.ReadFlows(logtest.WriteFile(t, "log", []byte(text+text)), flowlog.Options{}, flow.Base, 1)
		require.NoError(t, err, record)
		require.Zero(t, report.Bad, record)
		got, _, _ := strings.Cut(flows, "\t")
		require.Equal(t, want, got, record)
	}
}

// Records of JSON have a zone each: what stands in one changes no other. Ends are moved as
// starts are.
func TestZonesOfRecordsInJSON(t *testing.T) {
	const noon, ten = "2020-03-05T12:00:00Z", "2020-03-05T10:00:00Z"
	for other, want := range map[string]string{
		`"time":"2020-03-05 12:00:00","tz":"nowhere"`:                            "",
		`"time":"2020-03-05 12:00:00","tz":120`:                                  "",
		`"time":"2020-03-05 12:00:00","tz":2`:                                    ten,
		`"time":"2020-03-05 12:00:00","tz":"+0200"`:                              ten,
		`"time":"2020-03-05 12:00:00","tz":7200`:                                 ten,
		`"time":1583409600,"tz":"nowhere"`:                                       noon,
		`"time":"2020-03-05 12:00:00","tz":null`:                                 noon,
		`"time":"2020-03-05 12:00:00"`:                                           noon,
		`"time":"2020-03-05T12:00:00Z","tz":"+02:00"`:                            noon,
		`"time":"2020-03-05 12:00:00+00:00","tz":"+02:00"`:                       noon,
		`"time":1583409600,"tz":"+02:00"`:                                        noon,
		`"time":"2020-03-05 12:00:00","tz":"+0200","end":"2020-03-05 12:00:10"`:  ten + " 10s",
		`"time":"2020-03-05 12:00:00","tz":"+0200","end":"2020-03-05T10:00:10Z"`: ten + " 10s",
	} {
		text := ""
		for _, record := range []string{`"time":"2020-03-05 12:00:00","tz":"+02:00"`, other, `"time":"2020-03-05 12:00:00","tz":"+02:00"`} {
			text += `{` + record + `,"src_ip":"10.0.0.5","dst_ip":"203.0.113.9"}` + "\n"
		}
		wants := []string{ten, want, ten}
		if want == "" { // skipped
			wants = []string{ten, ten}
		}
		require.Equal(t, wants, startsAndDurations(t, text), other)
	}
	require.Equal(t, []string{"2020-03-05T12:00:00Z"}, startsAndDurations(t, `{"ts":"2020-03-05T12:00:00Z","src":"10.0.0.1","dst":"8.8.8.8","bytes":{"$numberInt":"99"},"duration":{"$numberDouble":"0"}}`))
}

// Parts of times in columns of text: the end is joined as the start is, and a day may be written
// as its midnight.
func TestTimesInPartsOfText(t *testing.T) {
	const ends = "10.0.0.5,203.0.113.9\n"
	for text, want := range map[string][]string{
		"start_time,end_time,tz,src,dst\n2020-03-05 12:00:00,2020-03-05 12:00:10,+02:00," + ends + "2020-03-05 12:00:00,2020-03-05 12:00:10,-05:00," + ends: {"2020-03-05T10:00:00Z 10s", "2020-03-05T17:00:00Z 10s"},
		"start_time,end_time,tz,src,dst\n2020-03-05 12:00:00,1583402410,+02:00," + ends + "2020-03-05 12:00:00,," + "+02:00," + ends:                        {"2020-03-05T10:00:00Z 10s", "2020-03-05T10:00:00Z"},
		"date,start_time,end_time,src,dst\n2020-03-05,12:00:00,12:00:10," + ends:                                                                            {"2020-03-05T12:00:00Z 10s"},
		"date,time,src,dst\n2020-03-05 00:00:00,12:00:00," + ends:                                                                                           {"2020-03-05T12:00:00Z"},
		"date,hour,minute,src,dst\n2020-03-05,12,30," + ends:                                                                                                {"2020-03-05T12:30:00Z"},
		"date,hour,minute,src,dst\n2020-03-05T00:00:00,12,30," + ends:                                                                                       {"2020-03-05T12:30:00Z"},
		"timestamp,hour,minute,src,dst\n2020-03-05 12:30:01,12,30," + ends:                                                                                  {"2020-03-05T12:30:01Z"},
		"event_date,event_time,src,dst\n2020-03-05,12:00:00," + ends:                                                                                        {"2020-03-05T12:00:00Z"},
	} {
		require.Equal(t, want, startsAndDurations(t, text), text)
	}
}

// startsAndDurations returns the start of each flow of a log, and its duration where it has one.
func startsAndDurations(t *testing.T, text string) (list []string) {
	t.Helper()
	flows, _, err := logtest.ReadFlows(logtest.WriteFile(t, "log", []byte(text)), flowlog.Options{}, flow.Base|flow.Duration, 1)
	require.NoError(t, err, text)
	for line := range strings.Lines(flows) {
		cells := strings.Split(strings.TrimSpace(line), "\t")
		ns, err := strconv.ParseInt(cells[0], 10, 64)
		require.NoError(t, err)
		start := time.Unix(0, ns).UTC().Format(time.RFC3339Nano)
		for _, cell := range cells[3:] {
			if n, err := strconv.ParseInt(cell, 10, 64); err == nil && n >= int64(time.Second) {
				start += " " + time.Duration(n).String()
			}
		}
		list = append(list, start)
	}
	return list
}

// UTF-32 begins as UTF-16 does, and isn't read as that.
func TestUTF32(t *testing.T) {
	text := []byte("\xff\xfe\x00\x00")
	for _, ch := range []byte("time,src,dst\n2020-03-05 12:00:00,10.0.0.5,203.0.113.9\n") {
		text = append(text, ch, 0, 0, 0)
	}
	_, _, err := logtest.ReadFlows(logtest.WriteFile(t, "log", text), flowlog.Options{}, flow.Base, 1)
	require.ErrorContains(t, err, "UTF-32")
}
