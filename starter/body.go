package starter

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"net/http"
	"strings"

	"github.com/mixtapehq/mixtape/tracking"
)

// maxRequest is the size of a batch as Segment's specification has it, decompressed.
const maxRequest = 500 << 10

// readBody reads a request's body, decompressed if it is gzip, and never more than most bytes of
// either form: a small body that unfolds into gigabytes is given up where it passes the limit.
func readBody(w http.ResponseWriter, r *http.Request, most int64) ([]byte, *refusal) {
	var body io.Reader = http.MaxBytesReader(w, r.Body, most)
	switch encoding := strings.ToLower(strings.TrimSpace(r.Header.Get("Content-Encoding"))); encoding {
	case "", "identity":
	case "gzip":
		unzipped, err := gzip.NewReader(body)
		if err != nil {
			return nil, unreadable(err, "the body says that it is gzip, but is not")
		}
		defer unzipped.Close()
		body = unzipped
	default:
		return nil, &refusal{status: http.StatusUnsupportedMediaType, Detail: "Content-Encoding " + tracking.Cut(encoding) + " is not known; send gzip, or none"}
	}
	var read bytes.Buffer
	n, err := io.Copy(&read, io.LimitReader(body, most+1))
	if err != nil {
		return nil, unreadable(err, "the body could not be read to its end; send it again")
	}
	if n > most {
		return nil, tooLarge()
	}
	return read.Bytes(), nil
}

func unreadable(err error, words string) *refusal {
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		return tooLarge()
	}
	return &refusal{status: http.StatusBadRequest, Detail: words}
}

func tooLarge() *refusal {
	return &refusal{status: http.StatusRequestEntityTooLarge, Detail: "the request is larger than 500 KB; send smaller batches"}
}
