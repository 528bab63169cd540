package profile

import (
	"maps"
	"slices"
	"strings"
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
func SetConsents(p *Profile, consents map[string]bool) (changed []string) {
	for _, key := range slices.Sorted(maps.Keys(consents)) {
		given := consents[key]
		before, said := p.Consents[key]
		lifted := !given && withdrawChannels(p, key)
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

// withdrawChannels forgets that a topic was wanted through single channels, or it would go on there.
func withdrawChannels(p *Profile, topic string) (any bool) {
	if topic == "" || strings.Contains(topic, "/") {
		return false
	}
	for key, given := range p.Consents {
		if given && strings.HasPrefix(key, topic+"/") {
			delete(p.Consents, key)
			any = true
		}
	}
	return any
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
