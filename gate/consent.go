package gate

import "github.com/mixtapehq/mixtape/profile"

// Topics tells whether somebody who never said so is subscribed to a topic through a channel.
type Topics interface {
	Subscribed(topic, channel string) bool
}

// Consented tells whether a person wants messages of a topic (empty: of none in particular) through
// a channel, and notes what that was found by. The claim of a message asks the same in SQL.
func Consented(p *profile.Profile, topics Topics, topic, channel string, looked map[string]any) bool {
	if all, said := p.Consents[""]; said && !all {
		looked["consent"] = "withdrawn for everything"
		return false
	}
	if all, said := p.Consents[profile.ConsentKey("", channel)]; said && !all {
		looked["consent"] = "withdrawn for everything through " + channel
		return false
	}
	if topic == "" {
		return true
	}
	looked["topic"] = topic
	wants, said := p.Consents[profile.ConsentKey(topic, channel)]
	if said {
		looked["of_channel"] = channel
	} else if wants, said = p.Consents[topic]; !said {
		wants = topics.Subscribed(topic, channel)
	}
	looked["consent"], looked["said"] = wants, said
	return wants
}
