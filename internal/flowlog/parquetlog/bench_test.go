package parquetlog

import (
	"context"
	"testing"

	"github.com/apache/arrow/go/v15/parquet"
	"github.com/apache/arrow/go/v15/parquet/compress"
	"github.com/stretchr/testify/require"

	"beacon/internal/flow"
	"beacon/internal/flowlog"
	"beacon/internal/flowlog/logtest"
)

// BenchmarkParquetDecode reads the base columns with one worker; a row has a
// time and two addresses.
func BenchmarkParquetDecode(b *testing.B) {
	const rows = 1 << 19
	for _, c := range []struct {
		name  string
		props []parquet.WriterProperty
	}{
		{"dictionary-none", nil},
		{"dictionary-snappy", []parquet.WriterProperty{parquet.WithCompression(compress.Codecs.Snappy)}},
		{"dictionary-zstd", []parquet.WriterProperty{parquet.WithCompression(compress.Codecs.Zstd)}},
		{"plain-snappy", []parquet.WriterProperty{parquet.WithCompression(compress.Codecs.Snappy), parquet.WithDictionaryDefault(false)}},
		{"delta-snappy", []parquet.WriterProperty{parquet.WithCompression(compress.Codecs.Snappy), parquet.WithDictionaryDefault(false),
			parquet.WithEncodingFor("timestamp", parquet.Encodings.DeltaBinaryPacked), parquet.WithEncodingFor("src_ip", parquet.Encodings.DeltaLengthByteArray),
			parquet.WithEncodingFor("dst_ip", parquet.Encodings.DeltaByteArray)}},
	} {
		b.Run(c.name, func(b *testing.B) {
			props := append(c.props, parquet.WithDictionaryFor("timestamp", false))
			path := logtest.WriteFile(b, "log", writeParquet(b, plainLog(rows)[:3], nil, props...))
			log, err := flowlog.Open([]string{path}, nil, flowlog.Options{})
			require.NoError(b, err)
			for b.Loop() {
				report, err := log.Read(context.Background(), flowlog.Pass{Workers: 1, Hosts: flow.NewHosts(nil), Sink: func() flowlog.Sink { return nothing{} }})
				require.NoError(b, err)
				require.EqualValues(b, rows, report.Inputs[0].Rows)
			}
			b.ReportMetric(float64(rows)*float64(b.N)/b.Elapsed().Seconds()/1e6, "Mrows/s")
		})
	}
}

type nothing struct{}

func (nothing) Begin(int)               {}
func (nothing) Batch(*flow.Batch) error { return nil }
