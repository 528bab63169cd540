package profile

import (
	"slices"
	"time"
)

// Merge returns the person that two profiles turn out to be; it changes neither. The identified one
// wins where both know an attribute, the other fills the gaps. A withdrawn consent stays withdrawn,
// whoever withdrew it, and a channel that was suppressed on either side stays so.
func Merge(anonymous, identified *Profile) *Profile {
	merged := &Profile{
		ID: identified.ID, UserID: identified.UserID, MergedInto: identified.MergedInto,
		Erased:       identified.Erased || anonymous.Erased,
		AnonymousIDs: union(identified.AnonymousIDs, anonymous.AnonymousIDs),
		Devices:      lastDevices(append(without(anonymous.Devices, identified.Devices), identified.Devices...)),
		Attributes:   map[string]any{}, Consents: mergeConsents(anonymous.Consents, identified.Consents), Requested: map[string]time.Time{}, Suppressed: map[string]string{},
		Computed: mergeComputed(anonymous.Computed, identified.Computed),
	}
	for _, p := range []*Profile{anonymous, identified} {
		for name, value := range p.Attributes {
			if value != nil {
				merged.Attributes[name] = value
			}
		}
		for key, at := range p.Requested {
			if !merged.Consents[key] && at.After(merged.Requested[key]) {
				merged.Requested[key] = at
			}
		}
		for channel, why := range p.Suppressed {
			SuppressReported(merged, channel, why) // a complaint on one side is not forgotten for a bounce on the other
		}
	}
	return merged
}

func union[T comparable](first, second []T) []T {
	var all []T
	for _, v := range slices.Concat(first, second) {
		if !slices.Contains(all, v) {
			all = append(all, v)
		}
	}
	return all
}

// without returns what of all is not in others: a device that both have is the identified side's,
// and among too many those go last.
func without(all, others []Device) []Device {
	return slices.DeleteFunc(slices.Clone(all), func(d Device) bool { return slices.Contains(others, d) })
}
