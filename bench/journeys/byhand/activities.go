package byhand

import (
	"context"
	_ "embed" // the schema
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/mixtapehq/mixtape/channels"
	"github.com/mixtapehq/mixtape/message"
)

// Schema makes the tables.
//
//go:embed schema.sql
var Schema string

// Activities are what the workflows ask of the world.
type Activities struct {
	Pool      *pgxpool.Pool
	Templates *message.Set
	Provider  channels.Provider
	From      string
	BaseURL   string // of the unsubscribe link
}

// Person is what is known of a profile.
type Person struct {
	ID         string
	Attributes map[string]any
}

// Load reads a profile.
func (a *Activities) Load(ctx context.Context, profile string) (Person, error) {
	p := Person{ID: profile}
	err := a.Pool.QueryRow(ctx, "select attributes from byhand_profiles where id = $1", profile).Scan(&p.Attributes)
	return p, err
}

// DecideInput asks whether a profile did something.
type DecideInput struct{ Profile, Event string }

// Decide answers whether it did.
func (a *Activities) Decide(ctx context.Context, in DecideInput) (bool, error) {
	var n int
	err := a.Pool.QueryRow(ctx, "select count(*) from byhand_events where profile_id = $1 and name = $2", in.Profile, in.Event).Scan(&n)
	return n > 0, err
}

// RenderInput asks for a message to a person.
type RenderInput struct {
	Run, Template string
	Person        Person
}

// Render renders a message and stores it, once for a run and template.
func (a *Activities) Render(ctx context.Context, in RenderInput) (id string, err error) {
	t, ok := a.Templates.Find(in.Template, "email", "")
	if !ok {
		return "", fmt.Errorf("there is no template %s", in.Template)
	}
	r, err := t.Render(message.Data{
		User: in.Person.Attributes, Now: time.Now(), Links: message.Links{Unsubscribe: a.unsubscribe(in.Person.ID)},
	})
	if err != nil {
		return "", err
	}
	id = in.Run + "/" + in.Template
	_, err = a.Pool.Exec(ctx, `insert into byhand_messages (id, run_id, profile_id, template, address, subject, html, body)
		values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict (id) do nothing`,
		id, in.Run, in.Person.ID, in.Template, in.Person.Attributes["email"], r.Subject, r.HTML, r.Text)
	return id, err
}

// Deliver hands a message over, unless that was written down before.
func (a *Activities) Deliver(ctx context.Context, id string) error {
	e := channels.Envelope{MessageID: id, From: a.From, Topic: "tips", IdempotencyKey: id}
	var profile, state string
	err := a.Pool.QueryRow(ctx, "select profile_id, state, address, subject, html, body from byhand_messages where id = $1", id).
		Scan(&profile, &state, &e.To, &e.Subject, &e.HTML, &e.Text)
	if err != nil || state == "sent" {
		return err
	}
	e.Unsubscribe = a.unsubscribe(profile)
	receipt, err := a.Provider.Send(ctx, e)
	if err != nil {
		return err
	}
	_, err = a.Pool.Exec(ctx, "update byhand_messages set state = 'sent', provider_id = $2, sent_at = clock_timestamp() where id = $1",
		id, receipt.ProviderID)
	return err
}

func (a *Activities) unsubscribe(profile string) string { return a.BaseURL + "/u/" + profile }

// IsRunnable answers whether a profile may enter.
func (a *Activities) IsRunnable(ctx context.Context, profile string) (bool, error) {
	var entered bool
	err := a.Pool.QueryRow(ctx, "select exists (select from byhand_nodes where profile_id = $1 and node = 'entry')", profile).Scan(&entered)
	return !entered, err
}

// NodeInput says that a run is done with a node.
type NodeInput struct{ Run, Profile, Node string }

// OnNodeProcessed writes it down.
func (a *Activities) OnNodeProcessed(ctx context.Context, in NodeInput) error {
	_, err := a.Pool.Exec(ctx, "insert into byhand_nodes (run_id, profile_id, node) values ($1, $2, $3) on conflict do nothing", in.Run, in.Profile, in.Node)
	return err
}

// Workspace is what holds for all messages.
type Workspace struct{ Name string }

// GetWorkspace reads it.
func (a *Activities) GetWorkspace(ctx context.Context) (Workspace, error) {
	var w Workspace
	return w, a.Pool.QueryRow(ctx, "select name from byhand_workspace").Scan(&w.Name)
}

// SendInput asks for a message, from the profile to its delivery.
type SendInput struct{ Run, Profile, Template, Workspace string }

// SendMessage loads, renders and delivers in one activity.
func (a *Activities) SendMessage(ctx context.Context, in SendInput) error {
	p, err := a.Load(ctx, in.Profile)
	if err != nil {
		return err
	}
	id, err := a.Render(ctx, RenderInput{Run: in.Run, Template: in.Template, Person: p})
	if err != nil {
		return err
	}
	return a.Deliver(ctx, id)
}

// ShouldReEnter answers whether something happened that lets a profile in again.
func (a *Activities) ShouldReEnter(ctx context.Context, profile string) (bool, error) {
	return a.Decide(ctx, DecideInput{Profile: profile, Event: "cart_left_again"})
}

// Fill makes profiles, each with the event that lets it in.
func Fill(ctx context.Context, pool *pgxpool.Pool, people []Person, event string) error {
	return pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
		_, err := tx.CopyFrom(ctx, pgx.Identifier{"byhand_profiles"}, []string{"id", "attributes"},
			pgx.CopyFromSlice(len(people), func(i int) ([]any, error) { return []any{people[i].ID, people[i].Attributes}, nil }))
		if err != nil {
			return err
		}
		_, err = tx.CopyFrom(ctx, pgx.Identifier{"byhand_events"}, []string{"profile_id", "number", "name"},
			pgx.CopyFromSlice(len(people), func(i int) ([]any, error) { return []any{people[i].ID, 1, event}, nil }))
		return err
	})
}
