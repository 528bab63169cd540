package channels

import (
	"context"
	"errors"
	"net/textproto"
	"os"
	"time"
)

// send runs one transaction and returns the server's answer. Every error is a *stageError.
func (c *session) send(ctx context.Context, deadline time.Time, l *letter) (answer string, err error) {
	unwatch := c.watch(ctx)
	defer unwatch()
	c.conn.allow()
	c.sent++
	if l.utf8 {
		if ok, _ := c.client.Extension("SMTPUTF8"); !ok && isASCII(l.to.Address) {
			return "", &stageError{stageRcpt, errOursNeedsUTF8}
		} else if !ok {
			return "", &stageError{stageRcpt, errNeedsUTF8}
		}
	}
	if c.size > 0 && len(l.data) > c.size {
		return "", &stageError{stageData, errTooLarge}
	}
	if err := c.envelope(l); err != nil {
		return "", err
	}
	// The client's own Data hides whether the final dot went out; that is the line between "surely
	// not sent" and "unknown", so the commands are ours.
	w := c.client.Text.DotWriter()
	if _, err := w.Write(l.data); err != nil {
		return "", c.failed(stageData, err)
	}
	// The point of no return: from here on a call-off would only hide what became of the message.
	if !unwatch() {
		return "", c.failed(stageData, context.Cause(ctx))
	}
	if err := c.conn.SetDeadline(deadline); err != nil {
		return "", c.failed(stageData, err)
	}
	// Close writes the final dot. If that fails, the server cannot have seen all of it.
	if err := w.Close(); err != nil {
		return "", c.failed(stageData, err)
	}
	_, answer, err = c.client.Text.ReadResponse(2)
	if err != nil {
		return "", c.failed(stageAnswer, err)
	}
	return answer, nil
}

// command is a line of ours with the answer that lets us go on.
type command struct {
	stage stage
	line  string
	want  int // a code, or its first digits
}

// envelope says from whom and to whom, up to the server's wish to have the message: in one go where
// the server can take that, which saves two round trips, else command by command.
func (c *session) envelope(l *letter) error {
	mail := "MAIL FROM:" + route(l.sender)
	// What we write is ASCII unless an address is not; asking for more than that without need makes
	// servers refuse to pass mail on to those without it.
	if l.utf8 {
		mail += " SMTPUTF8"
		if ok, _ := c.client.Extension("8BITMIME"); ok {
			mail += " BODY=8BITMIME"
		}
	}
	commands := []command{{stageMail, mail, 250}, {stageRcpt, "RCPT TO:" + route(l.to), 25}, {stageData, "DATA", 354}}
	var err error
	if c.ahead {
		err = c.askAhead(commands)
	} else {
		err = c.askInTurn(commands)
	}
	// An answer too many would be taken for that to the message.
	if err == nil && c.client.Text.R.Buffered() > 0 {
		err = c.failed(stageData, errOutOfStep)
	}
	return err
}

func (c *session) askInTurn(commands []command) error {
	text := c.client.Text
	for _, command := range commands {
		if err := text.PrintfLine("%s", command.line); err != nil {
			return c.failed(command.stage, err)
		}
		if _, _, err := text.ReadResponse(command.want); err != nil {
			return c.failed(command.stage, err)
		}
	}
	return nil
}

// askAhead writes all commands, then reads all answers: the first no is the reason, the later ones
// only follow from it, but have to be read for the next message to find its own answers.
func (c *session) askAhead(commands []command) error {
	text := c.client.Text
	for _, command := range commands {
		_, _ = text.W.WriteString(command.line + "\r\n") // the flush tells
	}
	if err := text.W.Flush(); err != nil {
		return c.failed(commands[0].stage, err)
	}
	var first *stageError
	for _, command := range commands {
		_, _, err := text.ReadResponse(command.want)
		if err != nil && first == nil {
			first = &stageError{command.stage, err}
		}
		if err != nil && outOfStep(err) {
			c.broken = true
			return first
		}
		if err == nil && command.stage == stageData && first != nil && !c.takeBack() {
			c.broken = true
			return first
		}
	}
	if first != nil {
		return c.failed(first.stage, first.err)
	}
	return nil
}

// takeBack ends a message that the server wants though it refused whom it is for. It is empty, and
// for nobody (RFC 2920 section 3.1).
func (c *session) takeBack() bool {
	if err := c.client.Text.PrintfLine("."); err != nil {
		return false
	}
	_, _, err := c.client.Text.ReadResponse(2)
	return err != nil && !outOfStep(err)
}

// outOfStep reports an error after which nobody knows which answer belongs to what: anything but a
// plain no.
func outOfStep(err error) bool {
	var reply *textproto.Error
	return !errors.As(err, &reply) || reply.Code == 421 || reply.Code < 400 || reply.Code > 599
}

// failed decides what becomes of the connection: after a plain refusal it can be used again.
func (c *session) failed(at stage, err error) error {
	if outOfStep(err) || at != stageAnswer && c.client.Reset() != nil {
		c.broken = true
	}
	return &stageError{at, err}
}

// stale reports an error that only says that the connection had ended before this message.
func (c *session) stale(err error) bool {
	var at *stageError
	if !errors.As(err, &at) || at.stage != stageMail {
		return false
	}
	var reply *textproto.Error
	return !errors.As(err, &reply) || reply.Code == 421
}

// fellSilent reports that the server took some of what was sent ahead, and then said no more: it, or
// something before it, promises PIPELINING without knowing it.
func (c *session) fellSilent(err error) bool {
	var at *stageError
	return c.ahead && errors.As(err, &at) && (at.stage == stageRcpt || at.stage == stageData) && errors.Is(err, os.ErrDeadlineExceeded)
}
