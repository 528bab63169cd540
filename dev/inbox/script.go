package inbox

// Script decides how the server answers, so that tests can have a provider that refuses, stalls or dies. It is asked for
// every recipient and again for the whole message, from several connections at once, and may block.
type Script func(Attempt) Answer

// Attempt is one question to a script.
type Attempt struct {
	Recipient string   // the address in RCPT, or the first one of the message
	Message   *Message // nil at RCPT; the message once its body has come
}

// Answer is a script's decision; the zero value accepts.
type Answer struct {
	Code   int    // an SMTP reply code; 0 accepts, 400 and above refuses
	Text   string // beside the code
	HangUp bool   // close the connection without any answer
	Lose   bool   // with HangUp after the body: do not keep the message either
}

// Follow sets the script; nil accepts everything again.
func (b *Inbox) Follow(script Script) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.script = script
}

// ask puts one question to the script, outside the lock: it may take its time.
func (b *Inbox) ask(attempt Attempt) Answer {
	b.mu.Lock()
	script := b.script
	b.mu.Unlock()
	if script == nil {
		return Answer{}
	}
	return script(attempt)
}
