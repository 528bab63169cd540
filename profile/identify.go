package profile

import (
	"reflect"
	"slices"
)

// Identify sets attributes as the caller gave them; null takes one away. It returns the names of
// those that changed, sorted: saying again what is known changes nothing.
func Identify(p *Profile, traits map[string]any) (changed []string) {
	for name, value := range traits {
		old, had := p.Attributes[name]
		if value == nil {
			if had {
				delete(p.Attributes, name)
				changed = append(changed, name)
			}
			continue
		}
		if had && reflect.DeepEqual(old, value) {
			continue
		}
		if p.Attributes == nil {
			p.Attributes = map[string]any{}
		}
		p.Attributes[name] = value
		changed = append(changed, name)
	}
	slices.Sort(changed)
	return changed
}

// Fill sets attributes that the profile lacks and leaves the others as they are.
func Fill(p *Profile, traits map[string]any) (changed []string) {
	missing := map[string]any{}
	for name, value := range traits {
		if known, had := p.Attributes[name]; !had || known == nil {
			missing[name] = value
		}
	}
	return Identify(p, missing)
}

// addresses are the attributes that messages go to.
var addresses = []string{"email", "phone"}

// Readdressed returns the addresses of an identified profile that the traits would change or take
// away. Who may not do that (a browser's key is public) is refused by the caller. An address that
// the profile lacks may be given by anybody.
func Readdressed(p *Profile, traits map[string]any) (names []string) {
	if p.UserID == "" {
		return nil
	}
	for _, name := range addresses {
		value, given := traits[name]
		old, had := p.Attributes[name]
		if given && had && old != nil && old != "" && !reflect.DeepEqual(old, value) {
			names = append(names, name)
		}
	}
	return names
}
