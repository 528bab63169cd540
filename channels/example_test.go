package channels_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"strings"

	"github.com/mixtapehq/mixtape/channels"
)

// A provider is opened from its URL. What it answers is a receipt or one of three kinds of error.
func Example() {
	server, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Println(err)
		return
	}
	go answer(server)

	registry, err := channels.NewRegistry(map[string]string{
		"email": "smtp://" + server.Addr().String() + "?from=hello@acme.example&pool=4",
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	provider, err := registry.Provider("email")
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, to := range []string{"ada@example.com", "nobody@example.com", "busy@example.com"} {
		_, err := provider.Send(context.Background(), channels.Envelope{MessageID: "m1", To: to, Subject: "Welcome", Text: "Hello"})
		var (
			rejected *channels.Rejected
			refused  *channels.Refused
			unknown  *channels.Unknown
		)
		switch {
		case err == nil:
			fmt.Println("sent")
		case errors.As(err, &rejected):
			fmt.Println("never:", rejected.Reason)
		case errors.As(err, &refused):
			fmt.Println("later:", refused.Reason, refused.Delay)
		case errors.As(err, &unknown):
			fmt.Println("perhaps")
		}
	}
	if err := errors.Join(registry.Close(), server.Close()); err != nil {
		fmt.Println(err)
	}
	// Output:
	// sent
	// never: mailbox_unavailable
	// later: mailbox_full 30m0s
}

// answer is as much of a mail server as the example needs.
func answer(l net.Listener) {
	for {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		go func() {
			fmt.Fprint(conn, "220 mail.example\r\n")
			body := false
			for lines := bufio.NewScanner(conn); lines.Scan(); {
				line, reply := lines.Text(), "250 ok"
				switch {
				case body && line != ".":
					continue
				case line == ".":
					body = false
				case line == "DATA":
					body, reply = true, "354 go on"
				case strings.Contains(line, "TO:<nobody@"):
					reply = "550 5.1.1 no such person"
				case strings.Contains(line, "TO:<busy@"):
					reply = "452 4.2.2 mailbox full"
				}
				fmt.Fprint(conn, reply+"\r\n")
			}
		}()
	}
}
