package cli

import (
	"fmt"
	"os"
	"strings"

	"github.com/mixtapehq/mixtape/channels"
)

// Reporters are those who tell the starter what became of e-mails.
type Reporters struct {
	SESTopics         []string `placeholder:"ARN" name:"ses-topics" env:"MIXTAPE_SES_TOPICS" help:"SNS topics through which Amazon SES reports to /v1/callbacks/ses, with commas between."`
	PostmarkToken     string   `placeholder:"SECRET" env:"MIXTAPE_POSTMARK_TOKEN" help:"Secret in the URL of Postmark's webhooks to /v1/callbacks/postmark."`
	PostmarkTokenFile string   `placeholder:"FILE" env:"MIXTAPE_POSTMARK_TOKEN_FILE" help:"File that holds it."`
}

func (r Reporters) callbacks() (all []channels.Callback, err error) {
	if len(r.SESTopics) > 0 {
		ses, err := channels.NewSES(r.SESTopics, nil)
		if err != nil {
			return nil, fmt.Errorf("MIXTAPE_SES_TOPICS: %w", err)
		}
		all = append(all, ses)
	}
	secret := r.PostmarkToken
	if r.PostmarkTokenFile != "" {
		raw, err := os.ReadFile(r.PostmarkTokenFile)
		if err != nil {
			return nil, fmt.Errorf("MIXTAPE_POSTMARK_TOKEN_FILE: %w", err)
		}
		secret = strings.TrimSpace(string(raw))
	}
	if secret == "" {
		return all, nil
	}
	postmark, err := channels.NewPostmark(secret)
	if err != nil {
		return nil, fmt.Errorf("MIXTAPE_POSTMARK_TOKEN: %w", err)
	}
	return append(all, postmark), nil
}
