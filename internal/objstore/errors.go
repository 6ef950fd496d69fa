package objstore

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"syscall"

	"github.com/minio/minio-go/v7"

	"beacon/internal/flowlog"
	"beacon/internal/flowlog/stored"
	"beacon/internal/trust"
)

// said holds what an error code of a store means, and what to do.
type said struct{ text, hint string }

const hintKeys = "credentials are looked for as the AWS tools do; for a login of theirs: eval \"$(aws configure export-credentials --format env)\""

const hintEndpoint = "for a store other than Amazon's: --endpoint URL"

const (
	codeArchived = "InvalidObjectState"
	codeBusy     = "SlowDown"
)

const hintBusy = "try again later, or read fewer objects at once"

var codes = map[string]said{
	"NoSuchKey":             {"there is no such object", ""},
	"NoSuchBucket":          {"there is no such bucket", hintEndpoint},
	"NotFound":              {"there is no such object", ""},
	"AccessDenied":          {"access denied", hintKeys},
	"Forbidden":             {"access denied", hintKeys},
	"AllAccessDisabled":     {"access denied", hintKeys},
	"InvalidAccessKeyId":    {"the store doesn't know the access key", hintKeys},
	"SignatureDoesNotMatch": {"the secret key isn't that of the access key", hintKeys},
	"ExpiredToken":          {"the credentials have expired", "log in again; " + hintKeys},
	"InvalidToken":          {"the session token isn't valid", hintKeys},
	"RequestTimeTooSkewed":  {"the clock of this machine is wrong by more than the store allows", "set the clock"},
	"PreconditionFailed":    {"another object took its place while it was read", "read it again"},
	codeArchived:            {"the object is archived", "restore it first"},
	"RequestLimitExceeded":  {"the store is still busy after several tries", hintBusy},
	codeBusy:                {"the store is still busy after several tries", hintBusy},
	"InvalidBucketName":     {"not the name of a bucket, which has 3 characters or more: letters, digits, dots, hyphens, underscores", "the form is s3://bucket/prefix/ or s3://bucket/key"},
}

var regionName = regexp.MustCompile(`^[a-z0-9-]{1,32}$`)

// failed returns an error of a store in our words, with the URL that it is about.
func failed(url string, err error) error {
	if err == nil || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	var ours *flowlog.InputError
	if errors.As(err, &ours) {
		return err
	}
	what := explain(err)
	if what == codes[codeArchived] { // as a file that may not be read: the others can be
		return &flowlog.InputError{Input: url, Err: errors.New(what.text), Hint: what.hint}
	}
	return &flowlog.InputError{Input: url, Err: &stored.LostError{Text: what.text}, Hint: what.hint}
}

func explain(err error) said {
	var answer minio.ErrorResponse
	if errors.As(err, &answer) && answer.StatusCode != 0 {
		if known, ok := codes[answer.Code]; ok {
			return known
		}
		if answer.StatusCode == http.StatusServiceUnavailable || answer.StatusCode == http.StatusTooManyRequests { // to HEAD, without a code
			return codes[codeBusy]
		}
		switch answer.Code {
		case "AuthorizationHeaderMalformed", "PermanentRedirect", "TemporaryRedirect", "Redirect", "InvalidRegion", "IllegalLocationConstraintException":
			region := "REGION"
			if regionName.MatchString(answer.Region) {
				region = answer.Region
			}
			return said{"the bucket is in another region", "set AWS_REGION=" + region}
		}
		return said{fmt.Sprintf("the store answered %s (HTTP status %d)", answer.Code, answer.StatusCode), ""}
	}
	var dns *net.DNSError
	var request *url.Error
	var system syscall.Errno
	if text, hint, ok := trust.Explain(err); ok {
		return said{text, hint}
	}
	switch {
	case errors.As(err, &dns):
		return said{"no address is known of the host " + dns.Name, hintEndpoint}
	case errors.Is(err, syscall.ECONNREFUSED):
		return said{"connection refused: no store listens there", hintEndpoint}
	case errors.As(err, &system):
		return said{"the store can't be reached: " + system.Error(), hintEndpoint}
	case errors.As(err, &request) && request.Timeout():
		return said{"the store doesn't answer", hintEndpoint}
	case errors.As(err, &request):
		return said{"the store can't be reached", hintEndpoint}
	}
	return said{"the store's answer makes no sense", "--endpoint URL names the store; is it one with the interface of S3?"}
}

// lasting reports whether an error comes again however often the request is repeated.
func lasting(err error) bool {
	var answer minio.ErrorResponse
	if !errors.As(err, &answer) || answer.StatusCode == 0 {
		var request *url.Error // one that timed out was repeated already
		return errors.Is(err, context.Canceled) || errors.As(err, &request) && request.Timeout()
	}
	return answer.StatusCode < 500 && answer.StatusCode != 408 && answer.StatusCode != 429
}
