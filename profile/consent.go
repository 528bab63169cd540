package profile

import (
	"maps"
	"slices"
)

// SetConsents gives or withdraws consents by topic and returns the topics whose consent changed,
// sorted. The topic "" stands for everything that is not transactional.
func SetConsents(p *Profile, consents map[string]bool) (changed []string) {
	for _, topic := range slices.Sorted(maps.Keys(consents)) {
		given := consents[topic]
		if before, said := p.Consents[topic]; said && before == given {
			continue
		}
		if p.Consents == nil {
			p.Consents = map[string]bool{}
		}
		p.Consents[topic] = given
		changed = append(changed, topic)
	}
	return changed
}
