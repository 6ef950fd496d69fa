// Command chdb is a ClickHouse server for tests: ClickHouse's HTTP interface on loopback,
// with libchdb as its engine. It knows no users, and carries out one statement at a time.
package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"mime/multipart"
	"net"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"

	"github.com/ClickHouse/ch-go/compress"
	"github.com/ClickHouse/ch-go/proto"
)

func main() {
	library := flag.String("lib", "libchdb.so", "`file` of the library")
	folder := flag.String("path", "", "`folder` of the database")
	flag.Parse()
	runtime.LockOSThread()
	if err := load(*library, *folder); err != nil {
		log.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(l.Addr())
	log.Fatal(http.Serve(l, http.HandlerFunc(serve)))
}

var one sync.Mutex // the library carries out one statement at a time

// parameters are what stands in a URL besides settings.
var parameters = []string{"query", "query_id", "database", "default_format", "compress", "decompress", "client_protocol_version", "wait_end_of_query", "network_compression_method", "quota_key"}

func serve(w http.ResponseWriter, r *http.Request) {
	one.Lock()
	defer one.Unlock()
	answer, err := answer(r)
	if err != nil {
		code := "1000"
		if m := exceptionCode.FindStringSubmatch(err.Error()); m != nil {
			code = m[1]
		}
		w.Header().Set("X-ClickHouse-Exception-Code", code)
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	if r.URL.Query().Get("compress") == "1" {
		answer = compressed(answer)
	}
	w.Write(answer)
}

var exceptionCode = regexp.MustCompile(`Code: (\d+)`)

const helloQuery = "SELECT displayName(), version(), revision(), timezone()"

func answer(r *http.Request) ([]byte, error) {
	values := r.URL.Query()
	body, tables, err := read(r, values)
	if err != nil {
		return nil, err
	}
	if query := values.Get("query"); query != "" {
		return nil, insert(query, body)
	}
	if strings.TrimSpace(string(body)) == helloQuery {
		return hello()
	}
	for name, value := range values {
		if slices.Contains(parameters, name) || tables[strings.TrimSuffix(strings.TrimSuffix(name, "_format"), "_structure")] != nil {
			continue
		}
		if _, err := run("SET " + name + " = '" + value[0] + "'"); err != nil {
			return nil, err
		}
		defer run("SET " + name + " = DEFAULT")
	}
	for name, content := range tables {
		if _, err := run("CREATE TABLE " + name + " (" + values.Get(name+"_structure") + ") ENGINE = Memory"); err != nil {
			return nil, err
		}
		defer run("DROP TABLE " + name)
		if err := insert("INSERT INTO "+name+" FORMAT Native", content); err != nil {
			return nil, err
		}
	}
	answer, err := run(string(body))
	if err == nil && len(answer) == 0 { // no rows: a block without columns
		answer = []byte{0, 0}
	}
	return answer, err
}

// read returns the body of a request, decompressed; of a form its statement, and its tables
// by name.
func read(r *http.Request, values url.Values) (body []byte, tables map[string][]byte, err error) {
	if !strings.HasPrefix(r.Header.Get("Content-Type"), "multipart/") {
		var from io.Reader = r.Body
		if values.Get("decompress") == "1" {
			from = compress.NewReader(from)
		}
		if body, err = io.ReadAll(from); errors.Is(err, io.EOF) { // as the reader of frames wraps it
			err = nil
		}
		return body, nil, err
	}
	form, err := r.MultipartReader()
	if err != nil {
		return nil, nil, err
	}
	tables = map[string][]byte{}
	for {
		var part *multipart.Part
		if part, err = form.NextPart(); err == io.EOF {
			return body, tables, nil
		}
		if err != nil {
			return nil, nil, err
		}
		content, err := io.ReadAll(part)
		if err != nil {
			return nil, nil, err
		}
		if part.FormName() == "query" {
			body = content
		} else {
			tables[part.FormName()] = content
		}
	}
}

// hello answers what the driver asks first: it reads the answer, and what follows, as of
// these revisions of the protocol.
func hello() ([]byte, error) {
	version, err := run("SELECT version() SETTINGS limit = 0, offset = 0, additional_result_filter = ''")
	if err != nil {
		return nil, err
	}
	var results proto.Results
	var block proto.Block
	if err := block.DecodeRawBlock(proto.NewReader(bytes.NewReader(version)), 0, results.Auto()); err != nil {
		return nil, err
	}
	text := func(s string) *proto.ColStr {
		c := new(proto.ColStr)
		c.Append(s)
		return c
	}
	named := results[0].Data
	if auto, ok := named.(*proto.ColAuto); ok {
		named = auto.Data.(proto.ColResult)
	}
	var out proto.Buffer
	block = proto.Block{Info: proto.BlockInfo{BucketNum: -1}, Columns: 4, Rows: 1}
	err = block.EncodeBlock(&out, proto.Version, []proto.InputColumn{{Name: "name", Data: text("chdb")}, {Name: "version", Data: text(named.(*proto.ColStr).Row(0))},
		{Name: "revision", Data: &proto.ColUInt32{0}}, {Name: "zone", Data: text("UTC")}})
	return out.Buf, err
}

var insertInto = regexp.MustCompile(`(?is)^\s*INSERT\s+INTO\s+(.*?)\s*(?:FORMAT\s+Native|VALUES)?\s*$`)

// insert puts a block in the format Native into a table.
func insert(statement string, block []byte) error {
	into := insertInto.FindStringSubmatch(statement)
	if into == nil || len(block) == 0 {
		_, err := run(statement)
		return err
	}
	f, err := os.CreateTemp("", "chdb-*.native")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	if _, err = f.Write(block); err == nil {
		err = f.Close()
	}
	if err == nil {
		_, err = run("INSERT INTO " + into[1] + " SELECT * FROM file('" + f.Name() + "', Native)")
	}
	return err
}

// frameSize is how much goes into a compressed frame, in bytes.
const frameSize = 1 << 20

func compressed(answer []byte) (out []byte) {
	w := compress.NewWriter(compress.LevelZero, compress.LZ4)
	for part := range slices.Chunk(answer, frameSize) {
		if err := w.Compress(part); err != nil {
			log.Fatal(err)
		}
		out = append(out, w.Data...)
	}
	return out
}
