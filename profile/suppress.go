package profile

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
