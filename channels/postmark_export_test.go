package channels

// ForPostmark is what is sent to Postmark alone: no test can be at its address.
func ForPostmark(host string, e Envelope) Envelope { return forPostmark(host, e) }
