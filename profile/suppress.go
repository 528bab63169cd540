package profile

import "slices"

// Why nothing goes to a profile through a channel.
const (
	Bounced    = "bounced"    // what went there came back
	Complained = "complained" // they called it spam
	OptedOut   = "opted_out"  // they answered STOP
	Manual     = "manual"     // somebody here said so
)

// Suppress lets nothing go to the profile through a channel, with the reason why; an empty one lifts that.
// It tells whether anything has changed.
func Suppress(p *Profile, channel, why string) bool {
	if p.Suppressed[channel] == why {
		return false
	}
	if why == "" {
		delete(p.Suppressed, channel)
		return true
	}
	if p.Suppressed == nil {
		p.Suppressed = map[string]string{}
	}
	p.Suppressed[channel] = why
	return true
}

// SuppressReported suppresses a channel as a provider's report wants it. What was said before stays,
// but for a bounce: that is of the address, and anything else is of the person.
func SuppressReported(p *Profile, channel, why string) bool {
	before := p.Suppressed[channel]
	return (before == "" || before == Bounced) && Suppress(p, channel, why)
}

// LiftBounces lets messages go again where a changed attribute is the address that they bounced from,
// and returns those channels. What a person or an operator said of a channel stays.
func LiftBounces(p *Profile, changed []string) (lifted []string) {
	for _, channel := range []string{"email", "sms"} {
		if p.Suppressed[channel] == Bounced && slices.Contains(changed, AddressOf(channel)) {
			Suppress(p, channel, "")
			lifted = append(lifted, channel)
		}
	}
	return lifted
}

// AddressOf is the attribute that holds the address of a channel; of other channels there is none.
func AddressOf(channel string) string {
	switch channel {
	case "email":
		return "email"
	case "sms":
		return "phone"
	}
	return ""
}
