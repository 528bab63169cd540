package message

// Runes that say how the one before them looks, or join two into one.
const (
	zeroWidthJoiner  = '\u200d'
	emojiPresented   = '\ufe0f'
	firstRegional    = '\U0001F1E6' // flags are two regional letters
	lastRegional     = '\U0001F1FF'
	firstSkinTone    = '\U0001F3FB'
	lastSkinTone     = '\U0001F3FF'
	firstPictograph  = '\U0001F300'
	lastPictograph   = '\U0001FAFF'
	firstGamesSymbol = '\U0001F004'
)

// presented are the older symbols that are shown as emoji by themselves (Unicode's
// Emoji_Presentation, below U+1F000).
const presented = "⌚⌛⏩⏪⏫⏬⏰⏳◽◾☔☕♈♉♊♋♌♍♎♏♐♑♒♓♿⚓⚡⚪⚫⚽⚾⛄⛅⛎⛔⛪⛲⛳⛵⛺⛽✅✊✋✨❌❎❓❔❕❗➕➖➗➰➿⬛⬜⭐⭕"

// emoji lists where each emoji of a text begins. A family or a flag is one, however many runes make it.
func emoji(text string) []int {
	var all []int
	joined, regional := false, false
	last := -1 // where the rune before begins
	for i, r := range text {
		switch {
		case r == zeroWidthJoiner:
			joined = true
			continue
		case r == emojiPresented:
			if last >= 0 && (len(all) == 0 || all[len(all)-1] != last) {
				all = append(all, last)
			}
			continue
		case r >= firstSkinTone && r <= lastSkinTone:
			continue
		case r >= firstRegional && r <= lastRegional:
			if !regional {
				all = append(all, i)
			}
			regional = !regional
		case isEmoji(r) && !joined:
			all = append(all, i)
			regional = false
		default:
			regional = false
		}
		if last = i; joined { // what is joined to an emoji is part of it
			last = -1
		}
		joined = false
	}
	return all
}

func isEmoji(r rune) bool {
	if r >= firstPictograph && r <= lastPictograph || r == firstGamesSymbol || r == '\U0001F0CF' || r == '\U0001F18E' || r >= '\U0001F191' && r <= '\U0001F19A' {
		return true
	}
	if r < '\u231a' || r > '\u2b55' {
		return false
	}
	for _, p := range presented {
		if r == p {
			return true
		}
	}
	return false
}
