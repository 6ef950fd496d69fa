package write

import (
	"strings"
	"time"

	"beacon/internal/flow"
	"beacon/internal/flowlog"
	"beacon/internal/flowlog/protocol"
)

func init() {
	registerText("nfdump", "nfdump CSV of versions to 1.7.4, in whole seconds", flow.All&^flow.Name, nfdumpTitle, nfdumpRow, nfdumpSummary)
}

const nfdumpColumns = "ts,te,td,sa,da,sp,dp,pr,flg,fwd,stos,ipkt,ibyt,opkt,obyt,in,out,sas,das,smk,dmk,dtos,dir,nh,nhb,svln,dvln,ismc,odmc,idmc,osmc," +
	"mpls1,mpls2,mpls3,mpls4,mpls5,mpls6,mpls7,mpls8,mpls9,mpls10,cl,sl,al,ra,eng,exid,tr"

// nfdumpRest is what follows a flow's bytes: nothing is known of it.
var nfdumpRest = ",0,0,0,0,0,0,0,0,0.0.0.0,0.0.0.0,0,0" + strings.Repeat(",00:00:00:00:00:00", 4) + strings.Repeat(",0-0-0", 10) +
	",    0.000,    0.000,    0.000,0.0.0.0,0/0,0,1970-01-01 00:00:00.000\n"

func nfdumpTitle(t *textWriter) { t.text(nfdumpColumns + "\n") }

func nfdumpRow(t *textWriter, f *flowlog.Flow) {
	t.dateTime(f.Time, ' ')
	t.buf = append(t.buf, ',')
	t.dateTime(f.Time+f.Duration, ' ')
	t.buf = append(t.buf, ',')
	ms := f.Duration / int64(time.Millisecond)
	t.int(ms / 1000)
	t.buf = append(t.buf, '.', byte('0'+ms/100%10), byte('0'+ms/10%10), byte('0'+ms%10), ',')
	t.addr(f.Src)
	t.buf = append(t.buf, ',')
	t.addr(f.Dst)
	t.cell(int64(f.SrcPort))
	t.cell(int64(f.Port))
	t.buf = append(t.buf, ',')
	t.text(nfdumpProtocols[f.Proto])
	t.text(",........,0,0,1")
	sent := f.SrcBytes
	if sent == 0 { // a flow of one direction
		sent = f.Bytes
	}
	t.cell(sent)
	t.text(",0")
	t.cell(f.Bytes - sent)
	t.text(nfdumpRest)
}

func nfdumpSummary(t *textWriter) {
	t.text("Summary\nflows,bytes,packets,avg_bps,avg_pps,avg_bpp\n")
	t.int(t.rows)
	t.cell(t.bytes)
	t.cell(t.rows)
	t.text(",0,0")
	t.cell(t.bytes / max(1, t.rows))
	t.buf = append(t.buf, '\n')
}

// nfdumpProtocols is the names that nfdump has for protocols.
var nfdumpProtocols = func() (names [256]string) {
	for i := range names {
		names[i] = strings.ToUpper(protocol.Name(uint8(i)))
	}
	names[58] = "ICMP6"
	return names
}()
