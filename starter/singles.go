package starter

import (
	"maps"
	"slices"
	"strings"

	"github.com/mixtapehq/mixtape/journey"
	"github.com/mixtapehq/mixtape/message"
	"github.com/mixtapehq/mixtape/store"
)

// singles are the journeys that nobody wrote: for each template one that sends it by itself, and where
// there are several channels, one for each of them too.
func singles(files map[string]string) (versions []store.Version, wrong []message.Problem) {
	set, wrong := message.Parse(files)
	if len(wrong) > 0 {
		return nil, wrong
	}
	names := map[string]bool{}
	for _, t := range set.Templates() {
		names[t.Name] = true
	}
	for _, name := range slices.Sorted(maps.Keys(names)) {
		bundle := map[string]string{}
		for file, source := range files {
			base := file[strings.LastIndexByte(file, '/')+1:]
			if strings.HasPrefix(base, "_") || strings.HasPrefix(base, name+".") {
				bundle[base] = source
			}
		}
		through := []string{""}
		if all := set.Channels(name); len(all) > 1 {
			through = append(through, all...)
		}
		for _, channel := range through {
			source := journey.SingleSendSource(name, channel)
			versions = append(versions, store.Version{
				Journey: journey.SingleSendKey(name, channel), Version: journey.Hash([]byte(source), bundle), Source: source, Templates: bundle,
			})
		}
	}
	return versions, nil
}

// handWritten leaves out the journeys that nobody wrote.
func handWritten(all []store.Published) []store.Published {
	return slices.DeleteFunc(all, func(p store.Published) bool {
		_, _, single := journey.SingleSend(p.Journey)
		return single
	})
}

// templatesOf counts the templates that can be sent by themselves.
func templatesOf(versions []store.Version) int {
	names := map[string]bool{}
	for _, v := range versions {
		if name, _, ok := journey.SingleSend(v.Journey); ok {
			names[name] = true
		}
	}
	return len(names)
}
