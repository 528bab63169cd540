package importing

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/mixtapehq/mixtape/profile"
	"github.com/mixtapehq/mixtape/store"
	"github.com/mixtapehq/mixtape/tracking"
)

// The kinds of imports.
const (
	Profiles     = "profiles"
	Events       = "events"
	Consents     = "consents"
	Suppressions = "suppressions"
	Assignments  = "assignments"
)

// userColumns and visitorColumns are those of CSV, and keys of JSON lines, that say whom a row is about.
func userColumns() []string { return []string{"id", "user_id", "userId"} }

func visitorColumns() []string { return []string{"anonymous_id", "anonymousId"} }

// fields is a row as names and values, whichever format it comes in.
type fields map[string]any

// rowReader turns the rows of one kind into what the store takes.
type rowReader struct {
	kind   string
	file   string            // the import's id, for events that have none of their own
	types  map[string]string // of columns
	header []string
	topics store.Topics
	shares map[string]float64 // of an experiment's people, that each variant was meant to get
}

// read reads one row. What is wrong with it stands in its Problem.
func (d *rowReader) read(r row) store.ImportRow {
	out := store.ImportRow{Line: r.line}
	if r.wrong != "" {
		out.Problem = &profile.Problem{Field: "the row", Message: r.wrong}
		return out
	}
	if d.kind == Events {
		d.event(r, &out)
		return out
	}
	f, bad := d.fields(r)
	if bad == nil && d.kind == Profiles && r.raw != nil && isCall(f) {
		out.Call, out.Problem = tracking.Parse(r.line, tracking.Identify, r.raw, nil, time.Time{})
		return out
	}
	if bad == nil {
		bad = d.who(f, &out)
	}
	if bad == nil {
		out.Call.Kind = tracking.Identify
		switch d.kind {
		case Profiles:
			bad = d.profile(f, &out)
		case Consents:
			bad = d.consents(f, &out)
		case Suppressions:
			bad = suppression(f, &out)
		case Assignments:
			bad = d.assignment(f, &out)
		}
	}
	out.Problem = bad
	return out
}

// isCall tells an identify call from a flat object.
func isCall(f fields) bool {
	_, traits := f["traits"].(map[string]any)
	return traits || f["type"] == tracking.Identify && f["userId"] != nil
}

// event reads a call as the batch API takes it. Its time is taken as it stands: when it was sent says nothing of
// a clock that is compared with that of today.
func (d *rowReader) event(r row, out *store.ImportRow) {
	out.Call, out.Problem = tracking.Parse(r.line, "", r.raw, nil, time.Time{})
	out.Call.SentAt = time.Time{}
	if out.Call.MessageID == "" {
		out.EventID = fmt.Sprintf("%s-%d", d.file, r.line)
	}
}

// fields reads a row's names and values; of CSV an empty cell is none.
func (d *rowReader) fields(r row) (fields, *profile.Problem) {
	f := fields{}
	if r.raw != nil {
		if len(r.raw) > tracking.MaxItem {
			return nil, &profile.Problem{Field: "the row", Message: fmt.Sprintf("is %d bytes large; one may have at most %d (32 KB)", len(r.raw), tracking.MaxItem)}
		}
		if bad := tracking.Storable(r.raw); bad != nil {
			return nil, &profile.Problem{Field: "the row", Message: bad.Error()}
		}
		if json.Unmarshal(r.raw, &f) != nil || f == nil {
			return nil, &profile.Problem{Field: "the row", Message: `is not a JSON object; write {"id": ..., "email": ...}`}
		}
		return f, nil
	}
	size := 0
	for i, name := range d.header {
		text := r.cells[i]
		if size += len(text); text == "" {
			continue
		}
		v, bad := cell(name, text, d.types[name])
		if bad != nil {
			return nil, bad
		}
		f[name] = v
	}
	if size > tracking.MaxItem {
		return nil, &profile.Problem{Field: "the row", Message: fmt.Sprintf("is %d bytes large; one may have at most %d (32 KB)", size, tracking.MaxItem)}
	}
	return f, nil
}

// who takes out of the fields whom the row is about.
func (d *rowReader) who(f fields, out *store.ImportRow) (bad *profile.Problem) {
	if out.Call.UserID, bad = f.id(userColumns()); bad != nil {
		return bad
	}
	if out.Call.AnonymousID, bad = f.id(visitorColumns()); bad != nil {
		return bad
	}
	if out.Call.UserID+out.Call.AnonymousID != "" {
		return nil
	}
	email, _ := f["email"].(string)
	if d.kind != Profiles && email != "" {
		out.Email = email
		return nil
	}
	what := "is missing, and so is anonymous_id; write one of them"
	if d.kind != Profiles {
		what = "is missing, and so are anonymous_id and email; write one of them"
	}
	return &profile.Problem{Field: "id", Message: what}
}

// id takes the first of some names out of the fields. A whole number counts as its digits.
func (f fields) id(names []string) (string, *profile.Problem) {
	for _, name := range names {
		v, given := f[name]
		if !given {
			continue
		}
		delete(f, name)
		text, ok := v.(string)
		if n, whole := v.(float64); whole && n == float64(int64(n)) {
			text, ok = fmt.Sprintf("%.0f", n), true
		}
		switch {
		case v == nil:
			continue
		case !ok:
			return "", &profile.Problem{Field: name, Message: "is not text; write it in quotes"}
		}
		if bad := profile.CheckID(name, text); bad != nil || text != "" {
			return text, bad
		}
	}
	return "", nil
}

func (d *rowReader) profile(f fields, out *store.ImportRow) *profile.Problem {
	out.Call.Traits = f
	return profile.CheckTraits("row", f)
}

// columnKinds says how the columns of a CSV file are read: as the workspace declares them, else as the caller
// says, else as they look.
func columnKinds(kind string, v *survey, o Options) (map[string]string, error) {
	all := map[string]string{}
	for _, name := range v.header {
		switch declared := o.Declared[name]; {
		case isID(name), slices.Contains([]string{"email", "phone", "timezone", "locale"}, name), kind != Profiles:
			all[name] = kindString
		case declared != "":
			all[name] = declared
		default:
			all[name] = v.columns[name]
		}
	}
	for name, said := range o.Types {
		switch _, known := all[name]; {
		case !known && v.header != nil:
			return nil, fmt.Errorf("there is no column %s; the columns are %s", name, strings.Join(v.header, ", "))
		case isID(name) && said != kindString:
			return nil, fmt.Errorf("%s is always text; leave it out of --types", name)
		case o.Declared[name] != "" && o.Declared[name] != said:
			return nil, fmt.Errorf("workspace.yaml declares %s as %s; leave it out of --types", name, o.Declared[name])
		}
		all[name] = said
	}
	return all, nil
}

func isID(name string) bool {
	return slices.Contains(userColumns(), name) || slices.Contains(visitorColumns(), name)
}
