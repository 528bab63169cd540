package channels_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/mixtapehq/mixtape/channels"
)

const reported = "m0csv3q8d4k2h5t7n9p1r6u0abe"

// told writes a report as the cases' want.txt has it.
func told(all []channels.Report) string {
	var out strings.Builder
	for _, r := range all {
		words := []string{string(r.Kind)}
		if r.Kind == channels.Bounced {
			words = append(words, map[bool]string{true: "permanent", false: "passing"}[r.Permanent])
		}
		if r.Kind != channels.Delivered {
			words = append(words, orDash(r.Code))
		}
		fmt.Fprintln(&out, strings.Join(append(words, orDash(r.MessageID)), " "))
		if r.Detail != "" {
			fmt.Fprintln(&out, r.Detail)
		}
	}
	return out.String()
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

func TestNoticesOfServers(t *testing.T) {
	t.Parallel()
	folders, err := filepath.Glob("testdata/notices/*")
	if err != nil || len(folders) < 15 {
		t.Fatal(folders, err)
	}
	for _, folder := range folders {
		t.Run(filepath.Base(folder), func(t *testing.T) {
			t.Parallel()
			raw, err := os.ReadFile(filepath.Join(folder, "report.eml"))
			if err != nil {
				t.Fatal(err)
			}
			want, err := os.ReadFile(filepath.Join(folder, "want.txt"))
			if err != nil {
				t.Fatal(err)
			}
			ids := map[string]bool{}
			for _, form := range [][]byte{raw, bytes.ReplaceAll(raw, []byte("\n"), []byte("\r\n")), append([]byte("From MAILER-DAEMON Tue Nov 24 09:00:07 2026\n"), raw...)} {
				got, err := channels.ReadBounce(form, "")
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(string(want), told(got)); diff != "" {
					t.Errorf("(-want +got)\n%s", diff)
				}
				again, err := channels.ReadBounce(form, "")
				if err != nil || len(again) != len(got) {
					t.Fatal(again, err)
				}
				for i, r := range got {
					if r.ID == "" || r.ID != again[i].ID || r.At.IsZero() || r.At.After(time.Now()) {
						t.Errorf("it is not known again: %+v, %+v", r, again[i])
					}
					ids[r.ID] = true
				}
			}
			if len(want) > 0 && len(ids) != 3 {
				t.Errorf("three notices have the ids %v", ids)
			}
		})
	}
}

// What a pipe says of the envelope goes above all that stands in the notice.
func TestANoticeIsOfTheMessageWhoseAddressItCameTo(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile("testdata/notices/somebody-elses/report.eml")
	if err != nil {
		t.Fatal(err)
	}
	got, err := channels.ReadBounce(raw, "bounces+"+strings.ToUpper(reported)+"@acme.example")
	if err != nil || len(got) != 1 || got[0].MessageID != reported {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestHostileNoticesAreRefused(t *testing.T) {
	t.Parallel()
	deep := "Subject: x\n"
	for i := range 200 {
		deep += fmt.Sprintf("Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n", i, i)
	}
	many := "Subject: x\nContent-Type: multipart/mixed; boundary=b\n\n" + strings.Repeat("--b\nContent-Type: text/plain\n\nx\n", 5000)
	for name, raw := range map[string]string{
		"empty": "", "no e-mail": "\x00\x01", "no header": "\n\nhello", "deep": deep, "many parts": many,
		"huge": "Subject: x\n\n" + strings.Repeat("x", 17<<20),
	} {
		if got, err := channels.ReadBounce([]byte(raw), ""); !errors.Is(err, channels.ErrUnreadable) {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
	fields := "Subject: x\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\n\n--b\nContent-Type: message/delivery-status\n\nReporting-MTA: x\n\n" +
		strings.Repeat("Action: failed\nStatus: 5.1.1\nDiagnostic-Code: smtp; "+strings.Repeat("x", 10_000)+"\n\n", 1000)
	got, err := channels.ReadBounce([]byte(fields), "")
	if err != nil || len(got) != 1 || len(got[0].Detail) > 2000 {
		t.Errorf("%d reports, %v", len(got), err)
	}
}

func FuzzReadBounce(f *testing.F) {
	folders, err := filepath.Glob("testdata/notices/*/report.eml")
	if err != nil {
		f.Fatal(err)
	}
	for _, path := range folders {
		raw, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw, "bounces+"+reported+"@acme.example")
	}
	f.Fuzz(func(t *testing.T, raw []byte, recipient string) {
		got, err := channels.ReadBounce(raw, recipient)
		if err != nil {
			if !errors.Is(err, channels.ErrUnreadable) || got != nil {
				t.Errorf("%v, %v", got, err)
			}
			return
		}
		for _, r := range got {
			if r.ID == "" || r.Kind == "" || strings.ContainsRune(r.Detail+r.Code, 0) || !utf8.ValidString(r.Detail+r.Code) || len([]rune(r.Detail)) > 500 || r.At.After(time.Now()) {
				t.Errorf("%+v", r)
			}
		}
	})
}
