package profile

import (
	"maps"
	"slices"
	"strings"
	"time"
)

// ConsentKey names what a consent is about: a topic, a topic through one channel, everything through
// one channel, or with both empty everything that is not transactional.
func ConsentKey(topic, channel string) string {
	if channel == "" {
		return topic
	}
	return topic + "/" + channel
}

// SplitConsent is the other way about.
func SplitConsent(key string) (topic, channel string) {
	if i := strings.LastIndexByte(key, '/'); i >= 0 {
		return key[:i], key[i+1:]
	}
	return key, ""
}

// SetConsents gives or withdraws consents by key (see ConsentKey) and returns the keys whose consent
// changed, sorted. Who withdraws a topic does so for every channel, whatever they said of one before.
// A request for what is said here is one no more.
func SetConsents(p *Profile, consents map[string]bool) (changed []string) {
	for _, key := range slices.Sorted(maps.Keys(consents)) {
		given := consents[key]
		before, said := p.Consents[key]
		_, lifted := p.Requested[key]
		delete(p.Requested, key)
		if !given {
			lifted = withdrawBelow(p, key) || lifted
		}
		if said && before == given && !lifted {
			continue
		}
		if p.Consents == nil {
			p.Consents = map[string]bool{}
		}
		p.Consents[key] = given
		changed = append(changed, key)
	}
	return changed
}

// withdrawBelow forgets what would go on below a consent that is withdrawn: that a topic was wanted
// through single channels, and what was only asked for.
func withdrawBelow(p *Profile, key string) (any bool) {
	for below := range p.Requested {
		if key == "" || strings.HasPrefix(below, key+"/") {
			delete(p.Requested, below)
			any = true
		}
	}
	for below, given := range p.Consents {
		if given && key != "" && strings.HasPrefix(below, key+"/") {
			delete(p.Consents, below)
			any = true
		}
	}
	return any
}

// askAgain is how long a consent has been asked for before it is asked for again: nobody floods a
// stranger with requests to confirm.
const askAgain = 10 * time.Minute

// Choose gives and withdraws consents as somebody says who may not be the person: a consent to a topic
// that has to be confirmed is only asked for. It returns the keys whose consent changed and those that
// are to be confirmed now, sorted.
func Choose(p *Profile, consents map[string]bool, toConfirm func(topic string) bool, now time.Time) (changed, asked []string) {
	atOnce := map[string]bool{}
	for _, key := range slices.Sorted(maps.Keys(consents)) {
		topic, _ := SplitConsent(key)
		if !consents[key] || p.Consents[key] || p.Consents[topic] || topic == "" || !toConfirm(topic) {
			atOnce[key] = consents[key]
			continue
		}
		if before, pending := p.Requested[key]; pending && now.Sub(before) < askAgain {
			continue
		}
		asked = append(asked, key)
	}
	changed = SetConsents(p, atOnce)
	for _, key := range asked {
		if p.Requested == nil {
			p.Requested = map[string]time.Time{}
		}
		p.Requested[key] = now
	}
	return changed, asked
}

// Confirm turns a request into a consent. ok says that the person has consented now; a request that was
// taken back since, or never was, is not confirmed.
func Confirm(p *Profile, key string) (changed []string, ok bool) {
	if _, pending := p.Requested[key]; !pending {
		return nil, p.Consents[key]
	}
	return SetConsents(p, map[string]bool{key: true}), true
}

// mergeConsents joins what two people said who turn out to be one: what either does not want stays
// unwanted, also where the other wanted it through a single channel.
func mergeConsents(a, b map[string]bool) map[string]bool {
	merged := map[string]bool{}
	for _, said := range []map[string]bool{a, b} {
		for key := range said {
			merged[key] = allows(a, key) && allows(b, key)
		}
	}
	return merged
}

// allows tells whether somebody has nothing against a consent, as far as they ever said.
func allows(said map[string]bool, key string) bool {
	if given, known := said[key]; known {
		return given
	}
	if topic, channel := SplitConsent(key); topic != "" && channel != "" {
		given, known := said[topic]
		return given || !known
	}
	return true
}
