package inbox_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/smtp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/wneessen/go-mail"

	"github.com/mixtapehq/mixtape/dev/inbox"
)

func start(t *testing.T, options inbox.Options) *inbox.Inbox {
	t.Helper()
	box, err := inbox.Start(options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := box.Close(); err != nil {
			t.Error(err)
		}
	})
	return box
}

// letter is a mail as net/smtp sends it.
func letter(id, to, body string) []byte {
	return []byte("Message-ID: <" + id + "@example.com>\r\nTo: " + to + "\r\nSubject: =?utf-8?q?Caf=C3=A9?=\r\n\r\n" + body + "\r\n")
}

func send(box *inbox.Inbox, to string, text []byte) error {
	return smtp.SendMail(box.Addr(), nil, "hello@acme.example", []string{to}, text)
}

func await(t *testing.T, box *inbox.Inbox, n int) []inbox.Message {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	messages, err := box.Await(ctx, inbox.AtLeast(n))
	if err != nil {
		t.Fatal(err)
	}
	return messages
}

func TestBothBodiesAreRead(t *testing.T) {
	t.Parallel()
	box := start(t, inbox.Options{})
	m := mail.NewMsg()
	for _, err := range []error{m.From("hello@acme.example"), m.To("ada@example.com")} {
		if err != nil {
			t.Fatal(err)
		}
	}
	m.Subject("Zoë, welcome")
	m.SetGenHeader("X-Mixtape-Message", "m1")
	m.SetBodyString(mail.TypeTextPlain, "Hello Zoë, "+strings.Repeat("la ", 100))
	m.AddAlternativeString(mail.TypeTextHTML, "<p>Hello <b>Zoë</b></p>")
	if err := m.AttachReader("notes.txt", strings.NewReader("not the text")); err != nil {
		t.Fatal(err)
	}
	host, port, _ := strings.Cut(box.Addr(), ":")
	var number int
	if _, err := fmt.Sscan(port, &number); err != nil {
		t.Fatal(err)
	}
	client, err := mail.NewClient(host, mail.WithPort(number), mail.WithTLSPolicy(mail.NoTLS))
	if err != nil {
		t.Fatal(err)
	}
	if err := client.DialAndSendWithContext(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	got := await(t, box, 1)[0]
	type seen struct {
		From, Key, Subject, Text, HTML string
		To                             []string
		Number, Copy                   int
	}
	want := seen{"hello@acme.example", "m1", "Zoë, welcome", "Hello Zoë, " + strings.Repeat("la ", 100), "<p>Hello <b>Zoë</b></p>",
		[]string{"ada@example.com"}, 1, 1}
	if diff := cmp.Diff(want, seen{got.From, got.Key, got.Subject, got.Text, got.HTML, got.To, got.Number, got.Copy}); diff != "" {
		t.Error(diff)
	}
}

func TestDuplicatesAreCounted(t *testing.T) {
	t.Parallel()
	box := start(t, inbox.Options{})
	for _, id := range []string{"a", "b", "a", "a"} {
		if err := send(box, "ada@example.com", letter(id, "ada@example.com", "hi")); err != nil {
			t.Fatal(err)
		}
	}
	var copies []int
	for _, m := range await(t, box, 4) {
		copies = append(copies, m.Copy)
	}
	if diff := cmp.Diff([]int{1, 1, 2, 3}, copies); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(inbox.Counts{Received: 4, Duplicates: 2}, box.Counts()); diff != "" {
		t.Error(diff)
	}
	box.Forget()
	if diff := cmp.Diff(inbox.Counts{}, box.Counts()); diff != "" || len(box.Messages()) != 0 {
		t.Errorf("after Forget: %s, %d messages", diff, len(box.Messages()))
	}
}

func TestOnlyTheNewestAreKept(t *testing.T) {
	t.Parallel()
	box := start(t, inbox.Options{Keep: 2})
	for i := range 5 {
		if err := send(box, "ada@example.com", letter(fmt.Sprint(i), "ada@example.com", "hi")); err != nil {
			t.Fatal(err)
		}
	}
	var numbers []int
	for _, m := range box.Messages() {
		numbers = append(numbers, m.Number)
	}
	if diff := cmp.Diff([]int{4, 5}, numbers); diff != "" || box.Counts().Received != 5 {
		t.Errorf("%s, %d received", diff, box.Counts().Received)
	}
}

// What a test can make the provider do, and what the sender then sees.
func TestScripts(t *testing.T) {
	t.Parallel()
	atRecipient := func(answer inbox.Answer) inbox.Script {
		return func(a inbox.Attempt) inbox.Answer {
			if a.Message == nil && a.Recipient == "ada@example.com" {
				return answer
			}
			return inbox.Answer{}
		}
	}
	afterBody := func(answer inbox.Answer) inbox.Script {
		return func(a inbox.Attempt) inbox.Answer {
			if a.Message != nil && a.Message.Subject == "Café" {
				return answer
			}
			return inbox.Answer{}
		}
	}
	for _, c := range []struct {
		name    string
		script  inbox.Script
		failure string // in the sender's error
		kept    int
	}{
		{"accepts", nil, "", 1},
		{"refuses the recipient", atRecipient(inbox.Answer{Code: 550, Text: "no such user"}), `550 "5.0.0 no such user"`, 0},
		{"is busy", afterBody(inbox.Answer{Code: 451, Text: "later"}), `451 "4.0.0 later"`, 0},
		{"takes the message and dies", afterBody(inbox.Answer{HangUp: true}), "EOF", 1},
		{"loses the message and dies", afterBody(inbox.Answer{HangUp: true, Lose: true}), "EOF", 0},
		{"dies before the body", atRecipient(inbox.Answer{HangUp: true}), "EOF", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			box := start(t, inbox.Options{})
			box.Follow(c.script)
			err := send(box, "ada@example.com", letter("a", "ada@example.com", "hi"))
			if c.failure == "" && err != nil || c.failure != "" && (err == nil || !strings.Contains(err.Error(), c.failure)) {
				t.Errorf("the sender sees %v, wanted %q", err, c.failure)
			}
			messages := await(t, box, c.kept)
			if len(messages) != c.kept {
				t.Errorf("%d messages are kept, wanted %d", len(messages), c.kept)
			}
			for _, m := range messages {
				if m.Unanswered != (c.failure != "") {
					t.Errorf("unanswered is %v", m.Unanswered)
				}
			}
		})
	}
}

// A provider that thinks for a while holds up its own sender alone, and can still be closed.
func TestScriptMayBlock(t *testing.T) {
	t.Parallel()
	box := start(t, inbox.Options{})
	asked, release := make(chan struct{}), make(chan struct{})
	box.Follow(func(a inbox.Attempt) inbox.Answer {
		if a.Message != nil && a.Recipient == "slow@example.com" {
			close(asked)
			<-release
		}
		return inbox.Answer{}
	})
	slow := make(chan error, 1)
	go func() { slow <- send(box, "slow@example.com", letter("s", "slow@example.com", "hi")) }()
	<-asked
	if err := send(box, "ada@example.com", letter("a", "ada@example.com", "hi")); err != nil {
		t.Error(err)
	}
	close(release)
	if err := <-slow; err != nil {
		t.Error(err)
	}
	if got := await(t, box, 2)[1].To[0]; got != "slow@example.com" {
		t.Errorf("the second to arrive is for %s", got)
	}
}

func TestMalformedMailIsKept(t *testing.T) {
	t.Parallel()
	for _, raw := range []string{
		"no header at all",
		"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\nContent-Type: text/plain\r\n\r\nhalf",
		"Content-Type: text/html\r\nContent-Transfer-Encoding: base64\r\n\r\n!!!!",
		"Content-Type: multipart/mixed\r\n\r\n" + strings.Repeat("--\r\n", 1000),
		"Subject: =?bad?x?=\r\nContent-Type: ;;;\r\n\r\nhi",
	} {
		box := start(t, inbox.Options{})
		if err := send(box, "ada@example.com", []byte(raw)); err != nil {
			t.Errorf("%q: %v", raw, err)
			continue
		}
		if got := await(t, box, 1)[0].Raw; !bytes.HasPrefix(got, []byte(raw[:10])) {
			t.Errorf("%q is kept as %q", raw, got)
		}
	}
}

func get(t *testing.T, address, host string) (*http.Response, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	if host != "" {
		request.Host = host
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response, string(body)
}

func TestPagesShowMailAndTrustNone(t *testing.T) {
	t.Parallel()
	box := start(t, inbox.Options{})
	evil := "Subject: <script>alert(1)</script>\r\nMessage-Id: <x@y>\r\nContent-Type: text/html\r\n\r\n<script>alert(2)</script>hello\r\n"
	if err := send(box, "ada@example.com", []byte(evil)); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/", "/messages/1"} {
		response, body := get(t, box.URL()+path, "")
		if strings.Contains(body, "<script") || !strings.Contains(body, "&lt;script&gt;alert(1)") {
			t.Errorf("%s does not escape the subject:\n%s", path, body)
		}
		if policy := response.Header.Get("Content-Security-Policy"); !strings.Contains(policy, "default-src 'none'") {
			t.Errorf("%s has the policy %q", path, policy)
		}
	}
	response, body := get(t, box.URL()+"/messages/1/html", "")
	policy := response.Header.Get("Content-Security-Policy")
	if !strings.Contains(body, "hello") || !strings.HasPrefix(policy, "sandbox ") || strings.Contains(policy, "allow-scripts") {
		t.Errorf("the HTML is served as %q under %q", body, policy)
	}
	_, body = get(t, box.URL()+"/messages.json", "")
	var listed struct {
		Counts   inbox.Counts
		Messages []struct{ Key, Subject string }
	}
	if err := json.Unmarshal([]byte(body), &listed); err != nil || listed.Counts.Received != 1 || listed.Messages[0].Key != "x@y" {
		t.Errorf("%v, %+v", err, listed)
	}
	if response, _ := get(t, box.URL()+"/messages/2", ""); response.StatusCode != http.StatusNotFound {
		t.Errorf("a message that never came: %s", response.Status)
	}
	if response, _ := get(t, box.URL()+"/messages.json", "evil.example"); response.StatusCode != http.StatusForbidden {
		t.Errorf("under another site's name: %s", response.Status)
	}
}
