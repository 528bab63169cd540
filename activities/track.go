package activities

import (
	"cmp"

	"github.com/mixtapehq/mixtape/message"
	"github.com/mixtapehq/mixtape/store"
)

// track has a page's links lead by way of this deployment, and its opening be told, where the workspace wants that and the
// template does not forbid it. The text of the message stays as it was written: a reader of plain text sees each link.
func (k *walk) track(page string, m *store.Message, t *message.Template) string {
	settings := &k.standing.Deployment.Settings
	want := settings.Track
	if page == "" || m.Channel != "email" {
		return page
	}
	if t.Untracked {
		want.Opens, want.Clicks = false, false
	}
	if t.Untagged {
		want.UTM = nil
	}
	if want.Clicks || want.UTM != nil {
		page = message.Relink(page, func(link string) string {
			if k.Links.Ours(link) {
				return link
			}
			if want.UTM != nil {
				link = message.UTM{
					Source: cmp.Or(want.UTM.Source, settings.Name), Medium: cmp.Or(want.UTM.Medium, m.Channel), Campaign: m.Journey, Content: m.Step,
				}.Tag(link)
			}
			if want.Clicks {
				link = k.Links.Click(m.ID, link)
			}
			return link
		})
	}
	if address := k.Links.Open(m.ID); want.Opens && address != "" {
		page = message.WithPixel(page, address)
	}
	return page
}
