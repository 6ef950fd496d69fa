package all

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"slices"
	"testing"

	"beacon/internal/flow"
	"beacon/internal/flowlog"
	"beacon/internal/flowlog/logtest"

	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"
	"github.com/stretchr/testify/require"
)

// pack compresses by a codec's name. Go's library reads bzip2 and does not write
// it: packed there is one text only.
func pack(t testing.TB, codec string, text []byte) []byte {
	var b bytes.Buffer
	var w io.WriteCloser
	switch codec {
	case "gzip":
		return logtest.Zip(t, text)
	case "zstd":
		z, err := zstd.NewWriter(&b, zstd.WithEncoderCRC(true))
		require.NoError(t, err)
		w = z
	case "lz4":
		w = lz4.NewWriter(&b)
	case "bzip2":
		require.Equal(t, bzippedText, string(text))
		packed, err := base64.StdEncoding.DecodeString(bzipped)
		require.NoError(t, err)
		return packed
	}
	_, err := w.Write(text)
	require.NoError(t, err)
	require.NoError(t, w.Close())
	return b.Bytes()
}

// bzippedText is what bzipped unpacks to, as bzip2 1.0.8 wrote it.
const bzippedText = "timestamp,src_ip,dst_ip,port,bytes\n2020-06-21 00:00:01,10.0.0.5,192.0.2.7,443,100\n"

const bzipped = "QlpoOTFBWSZTWYdddN4AAChbgAAQQAd/sAAAviLcICAAVERpPSZGEwjTZA01I2poHlPUAaFVuF+OftUVyxQk0ZDlAtdRIukUs0WAs5nCQ4YCRYmv0DxYQJuERiD2QatrYu5IpwoSEOuum8A="

func longText() []byte {
	var b bytes.Buffer
	b.WriteString("timestamp,src_ip,dst_ip,port,bytes\n")
	for i := range 20000 {
		fmt.Fprintf(&b, "%d,10.0.%d.%d,192.0.2.%d,443,%d\n", logtest.SampleTime+i/10, i*7919%256, i*104729%256, i%256, i*i)
	}
	return b.Bytes()
}

// Every codec, and one inside another, reads as what it holds; a third layer is
// refused.
func TestCompression(t *testing.T) {
	text := []byte(bzippedText)
	want, _, err := logtest.ReadFlows(logtest.WriteFile(t, "log.csv", text), flowlog.Options{}, flow.All, 1)
	require.NoError(t, err)
	require.NotEmpty(t, want)
	names := []string{"gzip", "zstd", "lz4", "bzip2"}
	for _, inner := range names {
		once := pack(t, inner, text)
		got, report, err := logtest.ReadFlows(logtest.WriteFile(t, "log", once), flowlog.Options{}, flow.All, 2)
		require.NoError(t, err, inner)
		require.Equal(t, want, got, inner)
		require.Equal(t, inner, report.Inputs[0].Input.Compression)
		for _, outer := range slices.DeleteFunc(slices.Clone(names), func(n string) bool { return n == "bzip2" }) {
			twice := pack(t, outer, once)
			got, report, err := logtest.ReadFlows(logtest.WriteFile(t, "log", twice), flowlog.Options{}, flow.All, 2)
			require.NoError(t, err, "%s in %s", inner, outer)
			require.Equal(t, want, got, "%s in %s", inner, outer)
			require.Equal(t, inner+" in "+outer, report.Inputs[0].Input.Compression)
			_, err = flowlog.Open([]string{logtest.WriteFile(t, "log", pack(t, outer, twice))}, nil, flowlog.Options{})
			require.ErrorContains(t, err, "compressed more than 2 times over")
		}
	}
}

// Members one after the other, as cat and log rotation leave them, are one log.
func TestCompressionMembers(t *testing.T) {
	text := longText()
	lines := bytes.SplitAfter(text, []byte("\n"))
	want, _, err := logtest.ReadFlows(logtest.WriteFile(t, "log.csv", text), flowlog.Options{}, flow.All, 1)
	require.NoError(t, err)
	for _, codec := range []string{"gzip", "zstd", "lz4"} {
		var packed []byte
		for _, piece := range [][][]byte{lines[:7], lines[7:9000], nil, lines[9000:]} {
			packed = append(packed, pack(t, codec, bytes.Join(piece, nil))...)
		}
		got, _, err := logtest.ReadFlows(logtest.WriteFile(t, "log", packed), flowlog.Options{}, flow.All, 2)
		require.NoError(t, err, codec)
		require.Equal(t, want, got, codec)
	}
	twice := append(pack(t, "bzip2", []byte(bzippedText)), pack(t, "bzip2", []byte(bzippedText))...)
	_, report, err := logtest.ReadFlows(logtest.WriteFile(t, "log", twice), flowlog.Options{}, flow.All, 2)
	require.NoError(t, err)
	require.EqualValues(t, 2, report.Inputs[0].Rows)
}
