package objstore

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"beacon/internal/flowlog"
	"beacon/internal/trust"
)

// Schemes of URLs.
const (
	schemeS3  = "s3://"
	schemeGCS = "gs://" // Google Cloud Storage, by its S3 interface
)

// IsURL reports whether an argument names an object, a prefix or a pattern of a store.
func IsURL(arg string) bool {
	return hasScheme(arg, schemeS3) || hasScheme(arg, schemeGCS)
}

func hasScheme(arg, scheme string) bool {
	return len(arg) >= len(scheme) && strings.EqualFold(arg[:len(scheme)], scheme)
}

// Store is the object stores that a run reads and writes.
type Store struct {
	Context  context.Context // of the run: what is being read or written ends with it
	Endpoint string          // URL of a store other than Amazon's or Google's, "" for those
	Note     func(text string)

	Authorities string // file of the certificate authorities to trust besides the system's, "" for that of AWS_CA_BUNDLE

	stall time.Duration // stallTimeout, of a test; 0 for headerTimeout

	mu      sync.Mutex
	clients map[string]*minio.Client // by scheme
	left    int64                    // ns: flows of the objects that leaveEarly left out are earlier, by their keys
}

// place is a bucket and a key, a prefix or a pattern in it.
type place struct{ scheme, bucket, key string }

// bucketName is the form of the names of buckets: those of Google's may be as long as 222
// characters where they have dots, and stores of one's own may allow capitals.
var bucketName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{1,220}[A-Za-z0-9]$`)

// parse reads a URL. A key stands in it as it is, without escapes, as in the AWS tools.
func parse(arg string) (place, error) {
	for _, scheme := range []string{schemeS3, schemeGCS} {
		if hasScheme(arg, scheme) {
			bucket, key, _ := strings.Cut(arg[len(scheme):], "/")
			if bucket == "" || strings.ContainsAny(bucket, "@:?#*[ ") {
				break
			}
			if !bucketName.MatchString(bucket) {
				return place{}, failed(arg, minio.ErrorResponse{Code: "InvalidBucketName", StatusCode: http.StatusBadRequest})
			}
			return place{scheme, bucket, key}, nil
		}
	}
	return place{}, &flowlog.InputError{Input: arg, Err: errors.New("the URL names no bucket"), Hint: "the form is s3://bucket/prefix/ or s3://bucket/key"}
}

func (p place) url(key string) string { return p.scheme + p.bucket + "/" + key }

// How requests are made.
const (
	requestTries    = 5                // of one request, with growing pauses, where the store is busy or can't be reached
	metadataTimeout = 3 * time.Second  // for a machine's own credentials: elsewhere nobody answers
	headerTimeout   = 60 * time.Second // until the store begins to answer
)

// stallTimeout is how long an answer that has begun may give nothing before it is asked for again.
func (s *Store) stallTimeout() time.Duration { return cmp.Or(s.stall, headerTimeout) }

// client returns the client of a scheme, made with the first use.
func (s *Store) client(scheme string) (*minio.Client, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c := s.clients[scheme]; c != nil {
		return c, nil
	}
	host, region, secure := "s3.amazonaws.com", cmp.Or(os.Getenv("AWS_REGION"), os.Getenv("AWS_DEFAULT_REGION")), true
	endpoint := cmp.Or(s.Endpoint, os.Getenv("AWS_ENDPOINT_URL_S3"), os.Getenv("AWS_ENDPOINT_URL"))
	options := &minio.Options{MaxRetries: requestTries}
	switch {
	case scheme == schemeGCS && s.Endpoint == "":
		endpoint, host, region = "", "storage.googleapis.com", "auto"
	case endpoint != "":
		u, err := url.Parse(endpoint)
		if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || strings.Trim(u.Path, "/") != "" || u.User != nil {
			return nil, &flowlog.InputError{Input: "--endpoint", Err: errors.New("not the URL of an object store"), Hint: "like --endpoint https://minio.example:9000"}
		}
		host, secure, options.BucketLookup = u.Host, u.Scheme == "https", minio.BucketLookupPath
		region = cmp.Or(region, "us-east-1") // what such stores call theirs unless told otherwise
	}
	transport, err := s.transport(secure)
	if err != nil {
		return nil, err
	}
	options.Secure, options.Region, options.Transport = secure, region, transport
	options.Creds = keys(endpoint != "" || scheme == schemeGCS)
	c, err := minio.New(host, options)
	if err != nil {
		return nil, &flowlog.InputError{Input: "--endpoint", Err: errors.New("not the URL of an object store"), Hint: "like --endpoint https://minio.example:9000"}
	}
	if s.clients == nil {
		s.clients = map[string]*minio.Client{}
	}
	s.clients[scheme] = c
	return c, nil
}

// keys returns the credentials as the AWS tools find them: the environment, the files of
// a profile, then the role of a container or machine. foreign says that the store isn't
// Amazon's, so that the machine's role is of no use. Where there are none at all,
// requests are anonymous.
func keys(foreign bool) *credentials.Credentials {
	chain := []credentials.Provider{&credentials.EnvAWS{}, &credentials.FileAWSCredentials{}}
	disabled := strings.EqualFold(os.Getenv("AWS_EC2_METADATA_DISABLED"), "true")
	told := os.Getenv("AWS_WEB_IDENTITY_TOKEN_FILE")+os.Getenv("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI")+os.Getenv("AWS_CONTAINER_CREDENTIALS_FULL_URI") != ""
	if told || !disabled && !foreign {
		chain = append(chain, &credentials.IAM{Client: &http.Client{Timeout: metadataTimeout}})
	}
	return credentials.NewChainCredentials(chain)
}

// transport returns what requests go by: with the authorities of the file that is named or
// that AWS_CA_BUNDLE names, and of the system.
func (s *Store) transport(secure bool) (*http.Transport, error) {
	t, err := minio.DefaultTransport(secure)
	if err != nil {
		return nil, err
	}
	t.ResponseHeaderTimeout = headerTimeout
	file := cmp.Or(s.Authorities, os.Getenv("AWS_CA_BUNDLE"))
	if file == "" || !secure {
		return t, nil
	}
	t.TLSClientConfig, err = trust.Files{Authorities: file}.Config("")
	var wrong *trust.FileError
	if errors.As(err, &wrong) && s.Authorities == "" {
		wrong.Setting = "AWS_CA_BUNDLE"
	}
	return t, err
}
