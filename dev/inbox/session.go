package inbox

import (
	"bytes"
	"io"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// session is one SMTP connection.
type session struct {
	inbox *Inbox
	conn  *smtp.Conn
	from  string
	to    []string
}

// AuthMechanisms and Auth let any credentials in: production settings work here unchanged.
func (s *session) AuthMechanisms() []string { return []string{sasl.Plain, sasl.Login} }

func (s *session) Auth(mechanism string) (sasl.Server, error) {
	switch mechanism {
	case sasl.Plain:
		return sasl.NewPlainServer(func(_, _, _ string) error { return nil }), nil
	case sasl.Login:
		return &login{}, nil
	}
	return nil, smtp.ErrAuthUnknownMechanism
}

// login asks for a name and a password and takes both.
type login struct{ asked int }

func (l *login) Next([]byte) ([]byte, bool, error) {
	questions := [...]string{"Username:", "Password:"}
	if l.asked == len(questions) {
		return nil, true, nil
	}
	l.asked++
	return []byte(questions[l.asked-1]), false, nil
}

func (s *session) Reset() { s.from, s.to = "", nil }

func (s *session) Logout() error { return nil }

func (s *session) Mail(from string, _ *smtp.MailOptions) error {
	s.from = from
	return nil
}

func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	if err := s.follow(s.inbox.ask(Attempt{Recipient: to})); err != nil {
		return err
	}
	s.to = append(s.to, to)
	return nil
}

func (s *session) Data(r io.Reader) error {
	var body bytes.Buffer
	if _, err := body.ReadFrom(r); err != nil {
		return err
	}
	message := parse(body.Bytes())
	message.From, message.To, message.Arrived = s.from, s.to, time.Now()
	answer := s.inbox.ask(Attempt{Recipient: s.to[0], Message: &message})
	message.Unanswered = answer.HangUp
	if answer.Code < 400 && !answer.Lose {
		s.inbox.add(message) // before the answer, as a real server is bound to
	}
	return s.follow(answer)
}

func (s *session) follow(answer Answer) error {
	if answer.HangUp {
		_ = s.conn.Conn().Close() // the reply is written into a closed connection
		return nil
	}
	if answer.Code < 400 {
		return nil
	}
	return &smtp.SMTPError{Code: answer.Code, EnhancedCode: smtp.EnhancedCode{answer.Code / 100, 0, 0}, Message: answer.Text}
}
