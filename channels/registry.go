package channels

import (
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
)

// opener makes a provider from its URL.
type opener func(*url.URL) (Provider, error)

// openers by URL scheme.
var openers = map[string]opener{
	"smtp":  func(u *url.URL) (Provider, error) { return OpenSMTP(u) },
	"smtps": func(u *url.URL) (Provider, error) { return OpenSMTP(u) },

	"twilio":  func(u *url.URL) (Provider, error) { return OpenTwilio(u) },
	"webhook": func(u *url.URL) (Provider, error) { return OpenWebhook(u) },
}

// Registry gives the provider of each channel.
type Registry struct{ providers map[string]Provider }

// NewRegistry opens a provider for each channel from a URL such as
// smtp://user:password@mail.example:587?tls=required. An error never holds the URL: it has a
// password in it.
func NewRegistry(urls map[string]string) (*Registry, error) {
	r := &Registry{providers: map[string]Provider{}}
	var problems []error
	for _, channel := range slices.Sorted(maps.Keys(urls)) {
		p, err := Open(channel, urls[channel])
		if err != nil {
			problems = append(problems, err)
			continue
		}
		r.providers[channel] = p
	}
	if err := errors.Join(problems...); err != nil {
		return nil, errors.Join(err, r.Close())
	}
	return r, nil
}

// Open makes one channel's provider from its URL.
func Open(channel, address string) (Provider, error) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme == "" {
		return nil, fmt.Errorf("channel %s: cannot read the provider's URL; write one such as smtp://user:password@host:587, with special characters of the password percent-encoded", channel)
	}
	open, ok := openers[u.Scheme]
	if !ok {
		return nil, fmt.Errorf("channel %s: there is no provider %s; the providers are %s", channel, u.Scheme, strings.Join(slices.Sorted(maps.Keys(openers)), ", "))
	}
	p, err := open(u)
	if err != nil {
		return nil, fmt.Errorf("channel %s: %w", channel, err)
	}
	if p.Channel() != channel {
		return nil, errors.Join(fmt.Errorf("channel %s: the provider %s carries %s", channel, p.Name(), p.Channel()), p.Close())
	}
	return p, nil
}

// Add puts a provider in charge of its channel.
func (r *Registry) Add(p Provider) { r.providers[p.Channel()] = p }

// Provider returns the one in charge of a channel.
func (r *Registry) Provider(channel string) (Provider, error) {
	if p, ok := r.providers[channel]; ok {
		return p, nil
	}
	return nil, fmt.Errorf("no provider is set for the channel %s; set its URL, such as smtp://user:password@host:587", channel)
}

// Providers lists all of them by channel: each has its own queue of deliveries.
func (r *Registry) Providers() []Provider {
	var all []Provider
	for _, channel := range slices.Sorted(maps.Keys(r.providers)) {
		all = append(all, r.providers[channel])
	}
	return all
}

// Close closes all providers.
func (r *Registry) Close() error {
	var problems []error
	for _, p := range r.Providers() {
		problems = append(problems, p.Close())
	}
	return errors.Join(problems...)
}
