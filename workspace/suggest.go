package workspace

import "strings"

// nearest returns the known name that was probably meant, or "".
func nearest(name string, known []string) string {
	best, least := "", min(3, 1+len(name)/2)
	for _, k := range known {
		if d := edits(strings.ToLower(name), strings.ToLower(k)); d < least {
			best, least = k, d
		}
	}
	return best
}

// instead is what to write in place of a name that is not known.
func instead(name string, known []string) string {
	if near := nearest(name, known); near != "" {
		return near
	}
	return listed(known)
}

// edits is the Levenshtein distance, in bytes; of long names it only says that they are far apart.
func edits(a, b string) int {
	if len(a) > 64 || len(b) > 64 {
		return 64
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		corner := row[0]
		row[0] = i + 1
		for j := range len(b) {
			replace := corner
			if a[i] != b[j] {
				replace++
			}
			corner, row[j+1] = row[j+1], min(row[j+1]+1, row[j]+1, replace)
		}
	}
	return row[len(b)]
}

// listed writes names as "a, b or c".
func listed(names []string) string {
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	return strings.Join(names[:len(names)-1], ", ") + " or " + names[len(names)-1]
}
