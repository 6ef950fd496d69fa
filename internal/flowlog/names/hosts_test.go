package names

import (
	"context"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"beacon/internal/flowlog"
	_ "beacon/internal/flowlog/all"
	"beacon/internal/flowlog/logtest"
	"beacon/internal/lease"
)

// Each log says that a laptop had 10.0.0.5 from 8 to 10 o'clock, and a phone from then on. A
// connection that a host of Sysmon didn't open doesn't tell which of its ends is the host.
var agentLogs = map[string]string{
	"defender": `Timestamp,DeviceName,ActionType,RemoteIP,RemotePort,RemoteUrl,LocalIP,LocalPort,Protocol
2020-06-21T10:00:00Z,phone.corp.example,InboundConnectionAccepted,10.0.0.9,443,,10.0.0.5,445,Tcp
2020-06-21T08:00:00Z,LAPTOP,ConnectionSuccess,203.0.113.9,443,a.example,10.0.0.5,50000,Tcp
2020-06-21T08:00:00Z,LAPTOP,ConnectionSuccess,127.0.0.1,443,,127.0.0.1,50000,Tcp
2020-06-21T09:00:00Z,LAPTOP,ConnectionFailed,,443,https://b.example/x,10.0.0.5,50000,Tcp
2020-06-21T09:30:00Z,,ConnectionSuccess,203.0.113.9,443,,10.0.0.5,50000,Tcp
`,
	"defender from Sentinel": `TimeGenerated [UTC],DeviceName,ActionType,RemoteIP,LocalIP
2020-06-21T08:00:00Z,laptop,ConnectionSuccess,203.0.113.9,::ffff:10.0.0.5
2020-06-21T10:00:00Z,phone.corp.example,ConnectionSuccess,203.0.113.9,10.0.0.5
`,
	"defender document": `{"Schema":[{"Name":"Timestamp"}],"Results":[{"Timestamp":"2020-06-21T08:00:00Z","ActionType":"ConnectionSuccess","DeviceName":"laptop","LocalIP":"10.0.0.5","RemoteIP":"203.0.113.9"},{"Timestamp":"2020-06-21T10:00:00Z","ActionType":"ConnectionSuccess","DeviceName":"phone.corp.example","LocalIP":"10.0.0.5","RemoteIP":"2001:db8:1::9"}]}`,
	"defender stream": `{"time":"2020-06-21T08:00:09Z","category":"AdvancedHunting-DeviceNetworkEvents","properties":{"Timestamp":"2020-06-21T08:00:00Z","DeviceName":"laptop","ActionType":"ConnectionSuccess","RemoteIP":"203.0.113.9","LocalIP":"10.0.0.5"}}
{"time":"2020-06-21T10:00:09Z","category":"AdvancedHunting-DeviceNetworkEvents","properties":{"Timestamp":"2020-06-21T10:00:00Z","DeviceName":"phone.corp.example","ActionType":"ListeningConnectionCreated","LocalIP":"10.0.0.5"}}
`,
	"sysmon": `UtcTime,EventID,Computer,Initiated,SourceIp,SourceHostname,DestinationIp
2020-06-21 08:00:00.5,3,LAPTOP,true,10.0.0.5,x,203.0.113.9
2020-06-21 08:30:00.5,3,other,,10.0.0.5,x,203.0.113.9
2020-06-21 08:30:00.5,22,other,true,10.0.0.5,x,203.0.113.9
2020-06-21 08:30:00.5,3,other,false,10.0.0.5,x,10.0.0.9
2020-06-21 08:30:00.5,3,other,False,10.0.0.9,x,10.0.0.5
2020-06-21 10:00:00,3,phone.corp.example,true,10.0.0.5,x,10.0.0.9
`,
	"winlogbeat": `{"@timestamp":"2020-06-21T08:00:03Z","host":{"name":"collector"},"winlog":{"event_id":"3","computer_name":"LAPTOP","event_data":{"UtcTime":"2020-06-21 08:00:00.5","Initiated":"true","SourceIp":"10.0.0.5","DestinationIp":"203.0.113.9"}}}
{"@timestamp":"2020-06-21T08:30:03Z","host":{"name":"collector"},"winlog":{"event_id":"3","computer_name":"other","event_data":{"UtcTime":"2020-06-21 08:30:00","Initiated":"false","SourceIp":"2001:db8:1::9","DestinationIp":"10.0.0.5"}}}
{"@timestamp":"2020-06-21T10:00:03Z","host":{"name":"collector"},"winlog":{"event_id":"3","computer_name":"phone.corp.example","event_data":{"UtcTime":"2020-06-21 10:00:00","Initiated":"true","SourceIp":"10.0.0.5","DestinationIp":"2001:db8:1::9"}}}
`,
	"winlogbeat with a host alone": `{"host":{"name":"laptop"},"winlog":{"event_id":3,"event_data":{"UtcTime":"2020-06-21 08:00:00.5","Initiated":"true","SourceIp":"10.0.0.5","DestinationIp":"203.0.113.9"}}}
{"host":{"name":"phone.corp.example"},"winlog":{"event_id":3,"event_data":{"UtcTime":"2020-06-21 10:00:00","Initiated":"true","SourceIp":"10.0.0.5","DestinationIp":"203.0.113.9"}}}
`,
	"sysmon xml": `<Event xmlns='x'><System><EventID>3</EventID><Computer>LAPTOP</Computer></System><EventData><Data Name='UtcTime'>2020-06-21 08:00:00.5</Data><Data Name='Initiated'>true</Data><Data Name='SourceIp'>10.0.0.5</Data><Data Name='DestinationIp'>203.0.113.9</Data></EventData></Event>
<Event xmlns='x'><System><EventID>3</EventID><Computer>other</Computer></System><EventData><Data Name='UtcTime'>2020-06-21 08:30:00.5</Data><Data Name='SourceIp'>10.0.0.5</Data><Data Name='DestinationIp'>203.0.113.9</Data></EventData></Event>
<Event xmlns='x'><System><EventID>3</EventID><Computer>other</Computer></System><EventData><Data Name='UtcTime'>2020-06-21 08:30:00</Data><Data Name='Initiated'>false</Data><Data Name='SourceIp'>203.0.113.9</Data><Data Name='DestinationIp'>10.0.0.5</Data></EventData></Event>
<Event xmlns='x'><System><EventID>3</EventID><Computer>other</Computer></System><EventData><Data Name='UtcTime'>2020-06-21 08:30:00</Data><Data Name='Initiated'>false</Data><Data Name='SourceIp'>10.0.0.5</Data><Data Name='DestinationIp'>203.0.113.9</Data></EventData></Event>
<Event xmlns='x'><System><EventID>3</EventID><Computer>phone.corp.example</Computer></System><EventData><Data Name='UtcTime'>2020-06-21 10:00:00</Data><Data Name='Initiated'>true</Data><Data Name='SourceIp'>10.0.0.5</Data><Data Name='DestinationIp'>203.0.113.9</Data></EventData></Event>
`,
}

func TestReadHosts(t *testing.T) {
	for name, text := range agentLogs {
		for packed, text := range map[string][]byte{"": []byte(text), ".gz": logtest.Zip(t, []byte(text))} {
			path := logtest.WriteFile(t, "agents"+packed, text)
			got, err := Read([]string{path}, nil, &flowlog.Options{Format: "csv", Map: map[string]string{"src": "x"}})
			require.NoError(t, err, name)
			require.Empty(t, got.Names, name)
			log, err := flowlog.Open([]string{path}, nil, flowlog.Options{Strict: true, Answered: true})
			require.NoError(t, err, name)
			own := Beside(context.Background(), log, 0, nil, &flowlog.Options{})
			require.NoError(t, log.Close())
			for which, table := range map[string]*lease.Table{"read": got.Leases, "own": own} {
				require.False(t, table.Has(netip.MustParseAddr("127.0.0.1")), name)
				for hour, want := range map[int]string{7: "laptop", 8: "laptop", 9: "laptop", 10: "phone.corp.example", 12: "phone.corp.example"} {
					d, _, _ := table.At(netip.MustParseAddr("10.0.0.5"), time.Date(2020, 6, 21, hour, 0, 1, 0, time.UTC).UnixNano())
					require.NotNil(t, d, "%s, %s, at %d", name, which, hour)
					require.Equal(t, want, d.Name, "%s, %s, at %d", name, which, hour)
				}
			}
		}
	}
}

// A log that a pipe gives is not read for its hosts, and one that names none tells none.
func TestNoHosts(t *testing.T) {
	log, err := flowlog.Open([]string{"-"}, strings.NewReader(agentLogs["defender"]), flowlog.Options{})
	require.NoError(t, err)
	defer log.Close()
	require.Nil(t, Beside(context.Background(), log, 1, nil, &flowlog.Options{}))
	nameless := logtest.WriteFile(t, "nameless.csv", []byte("UtcTime,SourceIp,DestinationIp,Initiated\n2020-06-21 08:00:00.5,10.0.0.5,203.0.113.9,true\n"))
	plain, err := flowlog.Open([]string{nameless}, nil, flowlog.Options{})
	require.NoError(t, err)
	defer plain.Close()
	require.Nil(t, Beside(context.Background(), plain, 1, nil, &flowlog.Options{}))
	_, err = Read([]string{nameless}, nil, &flowlog.Options{})
	require.ErrorContains(t, err, "no name of an address in it")
}
