package channels

import "unicode/utf16"

// The alphabet of GSM 03.38 (3GPP TS 23.038, 6.2.1), and what takes two places in it, behind an escape.
const (
	gsmBasic = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
	gsmTwice = "\f^{}\\[~]|€"
)

// Segments is as how many short messages a text goes out, and whether its letters all are in the GSM alphabet:
// then 160 of them fit in one and 153 in each of several, else 70 and 67 (of UTF-16's units).
func Segments(text string) (n int, gsm bool) {
	places := map[rune]int{}
	for _, r := range gsmBasic {
		places[r] = 1
	}
	for _, r := range gsmTwice {
		places[r] = 2
	}
	gsm = true
	for _, r := range text {
		gsm = gsm && places[r] > 0
	}
	cost, one, each := func(r rune) int { return utf16.RuneLen(r) }, 70, 67
	if gsm {
		cost, one, each = func(r rune) int { return places[r] }, 160, 153
	}
	total, part := 0, 0
	n = 1
	for _, r := range text {
		c := max(1, cost(r))
		if part += c; part > each { // a letter is never cut in two
			n, part = n+1, c
		}
		total += c
	}
	if total <= one {
		n = min(1, total)
	}
	return n, gsm
}
