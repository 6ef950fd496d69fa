package cli_test

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"beacon/internal/cli"
)

// rawTexts are marks of texts that libraries wrote for programmers.
var rawTexts = []string{
	"strconv", "parsing ", "toml:", "struct field", "interface {", "parquet:", "arrow/", "thrift", "error reading struct", "zstd:", "lz4:",
	"bzip2 data invalid", "underrun", "gzip:", "flate:", "EOF", "json: ", "invalid character", "cannot unmarshal", "csv: ", "bare \"", "record on line",
	"dial tcp", "lookup ", "x509:", "tls:", "http: ", "parse \"", "net/", "unknown shorthand", "accepts ", "unknown flag", "unknown command",
	"flag needs", "invalid argument", "time: ", "unknown time zone Mars", "regexp", "hjson", "maxminddb", "Bucket name", "%!", "<nil>", "runtime error",
	"goroutine", "map[", "syscall", "open ", "stat ", "read /", "1h0m0s", "<Error>", "koanf", "pflag", "minio:", "context deadline",
}

// Whatever is wrong with a file or a flag is said in our own words: where it is wrong, on one line.
func TestErrorsAreOurs(t *testing.T) {
	if testing.Short() {
		t.Skip("the race detector, which runs with -short, takes half a minute and more for it")
	}
	t.Chdir(t.TempDir())
	t.Setenv("AWS_ACCESS_KEY_ID", "a")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "b")
	run(t, "simulate beacons --hosts 3 --beacons 1 -o flows --truth truth")
	run(t, "convert flows -f parquet -o columns")
	run(t, "convert flows -f arrow -o stream")
	run(t, "detect flows --rule rhythm -f ndjson -o findings")
	run(t, "detect flows --rule rhythm -f parquet -o table")
	var bad []string
	write := func(name, text string) { require.NoError(t, os.WriteFile(name, []byte(text), 0o600)) }
	add := func(name, text string) {
		write(name, text)
		bad = append(bad, name)
	}
	for _, name := range []string{"columns", "stream", "findings", "table"} {
		text := read(t, name)
		add("cut-"+name, text[:len(text)/2])
		add("tail-"+name, text[:len(text)-200]+strings.Repeat("\x07", 150)+text[len(text)-50:])
		add("middle-"+name, text[:len(text)/3]+strings.Repeat("\xff", 99)+text[len(text)/3+99:])
	}
	for name, text := range map[string]string{
		"packed1": "\x1f\x8b", "packed2": "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xffxxxxxxxx", "packed3": "\x28\xb5\x2f\xfdabc", "packed4": "\x28\xb5\x2f\xfd\x04\x00\xff\xff\xff\xff\xff\xff",
		"packed5": "\x04\x22\x4d\x18abcdefghijkl", "packed6": "BZh9abcdefghijkl", "packed7": "BZh91AY&SY" + strings.Repeat("\xff", 99), "binary": "\x00\xff\xfe", "words": "no log\n",
		"object1": `{"a":`, "object2": `[{"a":1}`, "object3": "{\"a\": tru}\n", "schema": `{"schema":3}`, "header": "time,src,dst\n", "quote": "a,\"b\"c\n", "tiny": "PAR1xxxxxxxxPAR1",
		"batches": "ARROW1\x00\x00xx", "pcap": "\xd4\xc3\xb2\xa1\x02\x00", "top": "top = \"x\"\n", "rules": "[[known]]\nport = 1.5\n", "empty": "", "xml": "<Events><Event>", "rita": "{\n filtering: {\n internal_subnets: [\"10.0.0.0/99\"]\n}}\n",
	} {
		add(name, text)
	}
	bad = append(bad, "missing", ".")
	var commands []string
	for _, file := range bad {
		for _, command := range []string{
			"detect FILE", "inspect FILE", "convert FILE -o out", "detect flows --rule rhythm --known FILE", "detect flows --config FILE", "detect flows --baseline FILE", "diff FILE findings",
			"known add FILE --rank 1 --reason x", "known convert FILE", "config import FILE", "detect flows --names FILE", "detect flows --intel FILE", "detect flows --mmdb FILE", "detect flows --exclude FILE",
			"detect s3://bucket/x --ca-file FILE --endpoint https://127.0.0.1:1", "detect clickhouses://127.0.0.1:1/d/t --client-cert FILE --client-key FILE", "detect flows -o FILE/x",
		} {
			commands = append(commands, strings.ReplaceAll(command, "FILE", file))
		}
	}
	for _, rest := range wrongFlags {
		commands = append(commands, "detect flows "+rest)
	}
	commands = append(commands, wrongCommands...)
	failed := 0
	for _, command := range commands {
		var stdout, stderr bytes.Buffer
		if status := cli.Main(strings.Fields(command), strings.NewReader(""), &stdout, &stderr); status != 0 && status != 3 {
			failed++
			assert.Regexp(t, `^beacon: `, lastError(stderr.String()), command)
		}
		for _, raw := range rawTexts {
			assert.NotContains(t, stderr.String(), raw, command)
		}
	}
	assert.Greater(t, failed, len(commands)*3/5, "most of them are wrong")
}

// lastError returns the line of the error; warnings may stand before it, a hint behind.
func lastError(stderr string) string {
	last := ""
	for line := range strings.Lines(stderr) {
		if strings.HasPrefix(line, "beacon: ") {
			last = line
		}
	}
	return last
}

// wrongFlags are flags of detect with values that are wrong, and ones that there aren't.
var wrongFlags = []string{
	"-z", "-qz", "--x=y", "-f", "-f=", "--slots=99999999999999999999", "--slots 1e3", "--fdr 1e999", "--fdr NaN", "--fdr x", "--bucket x", "--bucket 7m", "--bucket 1e9w", "--cycle -1h", "--cycle 9d", "--slots 61",
	"--rule rhythm --min-period 0s", "--rule rhythm --min-period 1h --max-period 1m", "--max-period 999999999999w", "--from x", "--to 2020-13-01", "--last x", "--last -1h", "--now=-1h", "--tz Mars", "--tz ../../x",
	"--year x", "--year -5", "--time-format %Q", "--time-format x", "--time-format %", "--map x", "--map =x", "--map dst_ip=99", "--internal 10.0.0.0/33", "--internal 10.0.0", "--internal 300.1.1.1", "--only x/y",
	"--exclude x/y", "--exclude *.*", "--proxy x", "--memory 1XB", "--memory -5", "--max-temp x", "--max-input x", "--top x", "--top 0", "--page-top x", "--workers x", "--order x", "--shape x", "--by x", "--where x",
	"--timeout x", "--timeout -1s", "--plot x.bmp", "--plot missing/x.png", "--report missing/x.html", "-o missing/x", "-o http://host/x", "-o clickhouse+foo://h/d/t", "--evidence x", "--evidence missing/x.stix", "-f x", "--min-calls x", "--min-calls 1",
	"--rule long --min-duration 0s", "--exit-code=x", "--config", "--span=maybe", "--input-format x", "--input-format parquet", "--input-format eve", "--rule ,", "--verdict x",
}

// wrongCommands are further command lines that are wrong.
var wrongCommands = []string{
	"", "detekt x", "detect", "diff one", "version now", "help rythm", "formats x", "explain", "explain 10.0.0.1", "explain x/y flows", "show 10.0.0.1", "show 1.2.3.4:99999 flows", "convert flows", "convert flows -o x.parquet --append",
	"convert flows -o out -f x", "simulate", "simulate beacons", "simulate beacons -o out --kinds x", "simulate beacons -o out --hosts -1", "simulate office -o out --scale x", "watch", "watch flows --once --every 0s", "watch flows --once --window -1h",
	"watch flows --once --listen x", "watch flows --once --state flows", "known add findings --rank x --reason x", "known add findings --rank 99 --reason x", "known add findings --rank 1 --reason x --expires x", "config import", "completion fsh",
	"detect clickhouse://", "detect clickhouse://h", "detect clickhouse://h:x/d/t", "detect clickhouse://h:99999/d/t", "detect clickhouse://127.0.0.1:1/d/t", "detect clickhouse+https://127.0.0.1:1/d/t", "detect clickhouse://no.such.host.invalid/d/t",
	"detect clickhouse://u:p%zz@h/d/t", "detect clickhouse://[::1/d/t", "detect clickhouse://127.0.0.1:1/d/t?secure=x", "detect clickhouse://127.0.0.1:1/d/t?password_file=missing", "detect clickhouse+foo://h/d/t", "detect http://x/y", "detect s3://", "detect s3:///x",
	"detect s3://b", "detect s3://B_/x", "detect s3://b/x?y=%zz", "detect gs://b/x", "convert flows -o s3://b/x", "convert flows -o s3://bucket", "detect s3://bucket/x --endpoint x", "detect s3://bucket/x --endpoint ftp://x", "detect s3://bucket/x --endpoint http://[::1",
	"detect s3://bucket/x --endpoint http://no.such.host.invalid", "detect s3://bucket/x --endpoint http://127.0.0.1:1",
}
