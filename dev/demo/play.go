package demo

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"

	"golang.org/x/sync/errgroup"
)

// player sends what listeners do to the public HTTP API, when their time has come.
type player struct {
	url   string // of the API
	key   string // a server write key
	speed float64
	began time.Time
	tell  func(format string, args ...any)
}

// play sends everything, each act at its moment. Acts whose moments lie close together go side by
// side, those of one listener in order.
func (p *player) play(ctx context.Context, acts []act) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(16)
	last := map[*listener]chan struct{}{}
	told := 0
	for _, a := range acts {
		if err := p.until(ctx, a.at); err != nil {
			break
		}
		if days := int(a.at / day); days > told {
			told = days
			p.tell("day %d of the listeners' week", days+1)
		}
		before, done := last[a.listener], make(chan struct{})
		last[a.listener] = done
		group.Go(func() error {
			defer close(done)
			if before != nil {
				<-before
			}
			return p.send(ctx, a)
		})
	}
	return group.Wait()
}

// until waits for a moment of the listeners' week.
func (p *player) until(ctx context.Context, at time.Duration) error {
	wait := time.Until(p.began.Add(time.Duration(float64(at) / p.speed)))
	if wait <= 0 {
		return ctx.Err()
	}
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(wait):
		return nil
	}
}

func (p *player) send(ctx context.Context, a act) error {
	batch := []map[string]any{}
	if a.event == "signed_up" {
		batch = append(batch, map[string]any{"type": "identify", "userId": a.listener.id, "traits": a.listener.traits})
	}
	batch = append(batch, map[string]any{"type": "track", "userId": a.listener.id, "event": a.event, "properties": a.properties})
	body, err := json.Marshal(map[string]any{"batch": batch})
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, p.url+"/v1/batch", bytes.NewReader(body))
	if err != nil {
		return err
	}
	request.SetBasicAuth(p.key, "")
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return fmt.Errorf("%s by %s: %w", a.event, a.listener.id, err)
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(response.Body, 1<<16))
	if err != nil || response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s by %s: the API answered %s: %s", a.event, a.listener.id, response.Status, answer)
	}
	return nil
}
