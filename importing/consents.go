package importing

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/mixtapehq/mixtape/profile"
	"github.com/mixtapehq/mixtape/store"
	"github.com/mixtapehq/mixtape/tracking"
)

// everything is how a file writes the consent to everything that is not transactional.
const everything = "*"

// consents reads {topic, given}, or {consents: {topic: true}}, or a column for each topic.
func (d *rowReader) consents(f fields, out *store.ImportRow) *profile.Problem {
	delete(f, "email")
	all := map[string]any(f)
	if topic, long := f["topic"]; long || slices.Contains(d.header, "topic") {
		name, ok := topic.(string)
		if !ok || name == "" {
			return &profile.Problem{Field: "the row", Message: "names no topic; write one, or * for everything that is not transactional"}
		}
		all = map[string]any{name: f["given"]}
	} else if nested, ok := f["consents"].(map[string]any); ok {
		all = nested
	}
	out.Call.Consents = map[string]bool{}
	for _, topic := range slices.Sorted(maps.Keys(all)) {
		given, ok := yes(all[topic])
		if !ok {
			return &profile.Problem{Field: topic, Message: "is neither true nor false; write one of them"}
		}
		if topic == everything {
			topic = ""
		}
		of, channel := profile.SplitConsent(topic)
		if strings.Contains(topic, "/") && !slices.Contains(channels(), channel) {
			return &profile.Problem{Field: "topic", Message: fmt.Sprintf("is %s, and there is no such channel; write one of %s behind the slash", tracking.Cut(topic), strings.Join(channels(), ", "))}
		}
		if _, known := d.topics[of]; !known && of != "" && len(d.topics) > 0 {
			return &profile.Problem{Field: "topic", Message: fmt.Sprintf("is %s, which the workspace does not have; write one of %s", tracking.Cut(topic), strings.Join(slices.Sorted(maps.Keys(d.topics)), ", "))}
		}
		if bad := profile.CheckTopic("topic", topic); bad != nil {
			return bad
		}
		out.Call.Consents[topic] = given
	}
	if len(out.Call.Consents) == 0 {
		return &profile.Problem{Field: "the row", Message: "says nothing of any topic; write topic and given, or a column for each topic"}
	}
	return nil
}

func yes(v any) (given, ok bool) {
	switch v := v.(type) {
	case bool:
		return v, true
	case string:
		given, err := strconv.ParseBool(strings.ToLower(strings.TrimSpace(v)))
		return given, err == nil
	}
	return false, false
}

// channels are those that something can be suppressed on.
func channels() []string { return []string{"email", "sms", "push", "webhook", "inbox"} }

// reasons are why nothing may go through a channel.
func reasons() []string { return []string{"manual", "bounced", "complained"} }

// suppression reads {channel, reason}: e-mail and manual where they are left out.
func suppression(f fields, out *store.ImportRow) *profile.Problem {
	channel, bad := oneOf(f, "channel", channels())
	if bad != nil {
		return bad
	}
	reason, bad := oneOf(f, "reason", reasons())
	out.Suppressed = map[string]string{channel: reason}
	return bad
}

// oneOf is a field that is one of some words, the first of them where it is left out.
func oneOf(f fields, name string, words []string) (string, *profile.Problem) {
	v, given := f[name]
	if !given || v == nil || v == "" {
		return words[0], nil
	}
	text, _ := v.(string)
	if !slices.Contains(words, text) {
		return "", &profile.Problem{Field: name, Message: fmt.Sprintf("is %v; write one of %s", v, strings.Join(words, ", "))}
	}
	return text, nil
}
