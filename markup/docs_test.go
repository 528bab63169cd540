package markup_test

import (
	"strings"
	"testing"

	"github.com/mixtapehq/mixtape/markup"
)

// The table in docs/templates.md has a row for each tag, with all of its attributes.
func TestDocsListTagsAndAttributes(t *testing.T) {
	t.Parallel()
	docs := read(t, "../docs/templates.md")
	rows := 0
	for _, line := range strings.Split(docs, "\n") {
		if strings.HasPrefix(line, "| `mj") {
			rows++
		}
	}
	if rows != len(markup.Tags()) {
		t.Errorf("%d rows for %d tags", rows, len(markup.Tags()))
	}
	for _, tag := range markup.Tags() {
		if row := row(tag); !strings.Contains(docs, row+"\n") {
			t.Errorf("docs/templates.md lacks the row\n%s", row)
		}
	}
}

func row(tag markup.Tag) string {
	quoted := func(names []string) string {
		if len(names) == 0 {
			return ""
		}
		return "`" + strings.Join(names, "` `") + "`"
	}
	return strings.Join([]string{"| `" + tag.Name + "`", quoted(tag.Within), quoted(tag.Attributes)}, " | ") + " |"
}
