package rules

import (
	"regexp"
	"strconv"
)

// A score is compared with a number, alone: what stands around it changes neither.
var (
	scoreUse     = regexp.MustCompile(`\bscore\s*\(\s*["']([^"']+)["']\s*\)`)
	scoreBefore  = regexp.MustCompile(`(?:^|[(!,?:&|{\[]|:\s)\s*\bscore\s*\(\s*["']([^"']+)["']\s*\)\s*(?:<=|>=|==|!=|<|>)\s*([0-9]+(?:\.[0-9]+)?)\s*(?:$|[)&|?:,}\]\n#"'])`)
	withoutBreak = regexp.MustCompile(`[\r\n]+`)
)

// Thresholds are the numbers with which a text of rules compares scores, by score. A score that it uses otherwise, so that any change of it
// may matter, is in any.
func Thresholds(text string) (at map[string][]float64, any map[string]bool) {
	at, any = map[string][]float64{}, map[string]bool{}
	text = withoutBreak.ReplaceAllString(text, "\n")
	uses, compared := map[string]int{}, map[string]int{}
	for _, m := range scoreUse.FindAllStringSubmatch(text, -1) {
		uses[m[1]]++
	}
	// One match may end where the next begins, so each is looked for from behind the last one's score.
	for rest := text; ; {
		m := scoreBefore.FindStringSubmatchIndex(rest)
		if m == nil {
			break
		}
		name := rest[m[2]:m[3]]
		if x, err := strconv.ParseFloat(rest[m[4]:m[5]], 64); err == nil {
			at[name] = append(at[name], x)
			compared[name]++
		}
		rest = rest[m[5]:]
	}
	for name, n := range uses {
		if compared[name] < n {
			any[name] = true
		}
	}
	return at, any
}
