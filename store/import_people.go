package store

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/mixtapehq/mixtape/profile"
	"github.com/mixtapehq/mixtape/store/queries"
	"github.com/mixtapehq/mixtape/tracking"
)

// lot is what one transaction takes of a file.
type lot struct {
	*Import
	tx  pgx.Tx
	q   *queries.Queries
	now time.Time

	rows     []*ImportRow
	whose    [][]*importedPerson // of each row
	rejected int64
	assigned []assignedPerson // to arms of an experiment

	erased  map[string]bool            // ids of the erased, behind their kind
	sets    map[string]*importedPerson // by profile, those that have a row
	users   map[string]*importedPerson // by the callers' ids
	visits  map[string]*importedPerson
	emails  map[string][]*importedPerson
	made    []*importedPerson
	links   []anonymousLink
	decided []importedDecision
}

// importedPerson is somebody whom rows are about.
type importedPerson struct {
	id, userID string
	was        string // its user id as it was found
	claimed    bool
	known      bool // it has a row; else this lot makes one
	held       bool // its row is locked

	row     queries.LockPeopleRow
	profile *profile.Profile // nil: nobody has looked yet

	attributes, consents, suppressed, devices bool // changed
	names                                     map[string]bool
	events                                    []queries.Event
}

type anonymousLink struct {
	anonymousID string
	whose       *importedPerson
}

// people finds out whom the rows are about, down to the first one that is about two.
func (l *lot) people(ctx context.Context, rows []ImportRow) error {
	if err := l.find(ctx, rows); err != nil {
		return err
	}
	for n := range rows {
		r := &rows[n]
		var whose []*importedPerson
		if r.Problem == nil && !r.over {
			var two bool
			if whose, two = l.whom(r); two {
				return nil
			}
		}
		l.rows, l.whose = append(l.rows, r), append(l.whose, whose)
	}
	return nil
}

// find reads who has the ids and addresses that the rows name.
func (l *lot) find(ctx context.Context, rows []ImportRow) error {
	var users, visitors, emails []string
	for _, r := range rows {
		users, visitors, emails = named(users, r.Call.UserID), named(visitors, anonymousOf(&r)), named(emails, r.Email)
	}
	byUser, err := l.q.PeopleByUser(ctx, users)
	if err != nil {
		return err
	}
	if err := l.findErased(ctx, users, visitors); err != nil {
		return err
	}
	byVisitor, err := l.q.PeopleByAnonymous(ctx, visitors)
	if err != nil {
		return err
	}
	byEmail, err := l.q.PeopleByEmail(ctx, emails)
	if err != nil {
		return err
	}
	var all []queries.PeopleByUserRow
	all = append(all, byUser...)
	for _, r := range byVisitor {
		all = append(all, queries.PeopleByUserRow(r))
	}
	for _, r := range byEmail {
		all = append(all, queries.PeopleByUserRow(r))
	}
	people, err := l.follow(ctx, all)
	if err != nil {
		return err
	}
	l.users, l.visits, l.emails = map[string]*importedPerson{}, map[string]*importedPerson{}, map[string][]*importedPerson{}
	for n, r := range all {
		switch {
		case n < len(byUser):
			l.users[r.Name] = people[n]
		case n < len(byUser)+len(byVisitor):
			l.visits[r.Name] = people[n]
		default:
			l.emails[r.Name] = append(l.emails[r.Name], people[n])
		}
	}
	return nil
}

// findErased reads which of the ids were those of people who were erased.
func (l *lot) findErased(ctx context.Context, users, visitors []string) error {
	l.erased = map[string]bool{}
	for kind, ids := range map[string][]string{"user": users, "anonymous": visitors} {
		gone, err := l.q.ErasedAmong(ctx, queries.ErasedAmongParams{Ids: ids, Kind: kind})
		if err != nil {
			return err
		}
		for _, id := range gone {
			l.erased[kind+":"+id] = true
		}
	}
	return nil
}

func named(all []string, name string) []string {
	if name == "" {
		return all
	}
	return append(all, name)
}

// anonymousOf is the anonymous id of a row; that of an alias is the earlier one.
func anonymousOf(r *ImportRow) string {
	if r.Call.Kind == tracking.Alias {
		return r.Call.PreviousID
	}
	return r.Call.AnonymousID
}

// follow makes the people of rows, each once, and follows those who were merged.
func (l *lot) follow(ctx context.Context, rows []queries.PeopleByUserRow) ([]*importedPerson, error) {
	var gone []string
	for _, r := range rows {
		if r.MergedInto != nil {
			gone = append(gone, r.ID)
		}
	}
	into := map[string]queries.MergedIntoRow{}
	if len(gone) > 0 {
		ways, err := l.q.MergedInto(ctx, gone)
		if err != nil {
			return nil, err
		}
		for _, w := range ways {
			into[w.ID] = w
		}
	}
	people := make([]*importedPerson, len(rows))
	for n, r := range rows {
		if r.MergedInto != nil {
			r.ID, r.UserID = into[r.ID].At, into[r.ID].UserID
		}
		p := l.sets[r.ID]
		if p == nil {
			p = &importedPerson{id: r.ID, userID: r.UserID, was: r.UserID, known: true}
			l.sets[r.ID] = p
		}
		people[n] = p
	}
	return people, nil
}

// whom says whom a row is about, as a call of the tracking API does; two says that it makes one person of
// two who are both in the database.
func (l *lot) whom(r *ImportRow) (whose []*importedPerson, two bool) {
	if r.Email != "" {
		all := l.emails[r.Email]
		if len(all) == 0 {
			r.Problem = &profile.Problem{Field: "email", Message: "is nobody's here; import the profiles first, or write the id"}
		}
		for _, p := range all {
			p.held = true
		}
		return all, false
	}
	if r.Call.Kind == tracking.Alias && !r.settled {
		return nil, true
	}
	userID, anonymousID := r.Call.UserID, anonymousOf(r)
	user, visitor := l.users[userID], l.visits[anonymousID]
	var known tracking.Known
	if user != nil {
		known.User = user.id
	}
	if visitor != nil {
		known.Visitor, known.VisitorUser = visitor.id, visitor.userID
	}
	if user == nil && l.erased["user:"+userID] || userID == "" && visitor == nil && l.erased["anonymous:"+anonymousID] {
		r.Problem = &profile.Problem{Field: "id", Message: "is that of somebody who was erased; only an identify call with a server key lets them come back"}
		return nil, false
	}
	p := user
	switch tracking.WhoseIs(userID, anonymousID, known) {
	case tracking.Merged:
		return nil, true
	case tracking.Claimed:
		p = visitor
		p.userID, p.claimed = userID, true
		l.users[userID] = p
	case tracking.TheVisitor:
		p = visitor
	case tracking.TheUsers, tracking.OnlyUsers:
	}
	if p == nil {
		p = &importedPerson{id: NewID("p"), userID: userID, profile: &profile.Profile{}}
		l.made = append(l.made, p)
		if userID != "" {
			l.users[userID] = p
		}
	}
	if anonymousID != "" && l.visits[anonymousID] == nil && !l.erased["anonymous:"+anonymousID] {
		l.visits[anonymousID] = p
		l.links = append(l.links, anonymousLink{anonymousID, p})
	}
	p.held = true
	return []*importedPerson{p}, false
}

// lock takes the locks of all of them who are known, in the order of their ids, and reads them as they are.
func (l *lot) lock(ctx context.Context) error {
	var ids []string
	for id, p := range l.sets {
		if p.held {
			ids = append(ids, id)
		}
	}
	rows, err := l.q.LockPeople(ctx, ids)
	if err != nil {
		return err
	}
	if len(rows) != len(ids) {
		return errMoved
	}
	for _, row := range rows {
		p := l.sets[row.ID]
		if row.MergedInto != nil || row.UserID != p.was {
			return errMoved
		}
		p.row = row
	}
	return l.tx.QueryRow(ctx, "select clock_timestamp()").Scan(&l.now)
}

// look reads what is known of somebody, which many rows do not ask.
func (p *importedPerson) look() (*profile.Profile, error) {
	if p.profile != nil {
		return p.profile, nil
	}
	p.profile = &profile.Profile{ID: p.id, UserID: p.userID}
	return p.profile, errors.Join(
		json.Unmarshal(p.row.Attributes, &p.profile.Attributes), json.Unmarshal(p.row.Consents, &p.profile.Consents),
		json.Unmarshal(p.row.Suppressed, &p.profile.Suppressed), json.Unmarshal(p.row.Devices, &p.profile.Devices))
}
