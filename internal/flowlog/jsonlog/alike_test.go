package jsonlog

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"beacon/internal/flowlog"

	"github.com/stretchr/testify/require"
)

// kindRecords are records of several logs, whose keys in the second half may be left out.
var kindRecords = [][]string{
	{`"ts":1`, `"uid":"C"`, `"id.orig_h":"10.0.0.5"`, `"id.resp_h":"192.0.2.7"`, `"conn_state":"SF"`, `"service":"dns"`, `"duration":1`, `"orig_bytes":2`, `"resp_bytes":[]`, `"note":"x"`},
	{`"ts":1`, `"uid":"C"`, `"id":{"orig_h":"10.0.0.5","resp_h":"192.0.2.7"}`, `"version":"TLSv12"`, `"cipher":"x"`, `"server_name":"a.example"`, `"resumed":false`},
	{`"ts":1`, `"id.orig_h":"10.0.0.5"`, `"id.resp_h":"192.0.2.7"`, `"trans_id":1`, `"query":"a.example"`, `"answers":["x","y"]`, `"qtype_name":"A"`, `"rtt":1`},
	{`"ts":1`, `"id.orig_h":"10.0.0.5"`, `"id.resp_h":"192.0.2.7"`, `"mac":"m"`, `"assigned_ip":"10.0.0.9"`, `"client_addr":"10.0.0.9"`, `"conn_state":"SF"`, `"host":"x"`},
	{`"ts":1`, `"mac":"m"`, `"msg_types":["ACK"]`, `"client_addr":"10.0.0.9"`, `"id.orig_h":"10.0.0.5"`, `"id.resp_h":"192.0.2.7"`},
	{`"_path":"conn"`, `"ts":1`, `"id.orig_h":"10.0.0.5"`, `"id.resp_h":"192.0.2.7"`, `"orig_bytes":1`},
	{`"_path":"conn_long"`, `"ts":1`, `"id.orig_h":"10.0.0.5"`, `"id.resp_h":"192.0.2.7"`, `"orig_bytes":1`},
	{`"ts":1`, `"id.orig_h":"10.0.0.5"`, `"id.resp_h":"192.0.2.7"`, `"note":"x"`, `"class_uid":4001`, `"src_endpoint":{"ip":"10.0.0.5"}`, `"query":{"hostname":"x"}`},
	{`"event_type":"flow"`, `"timestamp":"2020"`, `"flow_id":1`, `"src_ip":"10.0.0.5"`, `"dest_ip":"192.0.2.7"`, `"flow":{"start":"2020"}`, `"netflow":{"start":"2020"}`},
	{`"@timestamp":"2020"`, `"source":{"ip":"10.0.0.5"}`, `"destination":{"ip":"192.0.2.7"}`, `"flow":{"final":true}`, `"event":{"start":"2020"}`},
}

// randomHead returns some lines of records, most of them of a kind.
func randomHead(r *rand.Rand, kind int) flowlog.Head {
	var text strings.Builder
	for range 1 + r.IntN(4) {
		if r.IntN(30) == 0 {
			kind = r.IntN(len(kindRecords))
		}
		parts := slices.Clone(kindRecords[kind])
		for range r.IntN(4) {
			i := len(parts)/2 + r.IntN(len(parts)-len(parts)/2)
			parts = slices.Delete(parts, i, i+1)
		}
		text.WriteString([]string{"", "", "", "", "", "", "", " "}[r.IntN(8)] + "{" + strings.Join(parts, ",") + "}" + []string{"\n", "\n", "\n", "\r\n", "\n", ""}[r.IntN(6)])
	}
	return flowlog.Head(text.String())
}

// answers is what the package says of a log by its head.
func answers(head flowlog.Head) (list []bool) {
	for _, f := range flowlog.Formats() {
		if f.Name != "json" { // which takes what no other does
			list = append(list, f.Sniff(head), f.Names != nil && f.Names(head))
		}
	}
	return append(list, zeekDHCP(head), zeekJSONOther(head), zeekJSONKind(sampleOf(head)) == "ssl")
}

// Logs that are alike are told alike, and none has a key of a format's that the first
// hasn't.
func TestAlike(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 12))
	fields := alike(zeekJSON.fields)
	same, different, heads := 0, 0, 4000
	if testing.Short() {
		heads = 400
	}
	for range heads {
		kind := r.IntN(len(kindRecords))
		head := randomHead(r, kind)
		test := fields(head)
		if test == nil {
			continue
		}
		for range 40 {
			other := randomHead(r, kind)
			if !test(other) {
				different++
				continue
			}
			same++
			require.Equal(t, answers(head), answers(other), "%s\n%s", head, other)
			for _, f := range zeekJSON.fields {
				groups := [][]string{{f.path}}
				require.False(t, sampleOf(other).has(groups) && !sampleOf(head).has(groups), "%s of\n%s\n%s", f.path, head, other)
			}
		}
	}
	require.Greater(t, same, heads/4)
	require.Greater(t, different, heads/4)
}

// Records tell of others only where nothing else stands between them.
func TestAlikeLines(t *testing.T) {
	record := "{" + strings.Join(kindRecords[0][:8], ",") + "}"
	test := alike(zeekJSON.fields)(flowlog.Head(record + "\n" + record[:40]))
	require.NotNil(t, test)
	for text, want := range map[string]bool{
		record: true, record + "\n": true, record + "\r\n" + record: true, record + "\n" + record[:20]: true,
		"": false, "\n" + record: false, "x " + record: false, "[" + record + "]": false, record + "\n\n" + record: false,
		record + record: false, "Jun 21 00:00:01 relay " + record + "\n": false, record + ",\n" + record: false,
		strings.ReplaceAll(record, ",", ",\n"): false, "\xef\xbb\xbf" + record: false,
	} {
		require.Equal(t, want, test(flowlog.Head(text)), "%q", text)
		if !want {
			require.Nil(t, alike(zeekJSON.fields)(flowlog.Head(text)), "%q", text)
		}
	}
}
