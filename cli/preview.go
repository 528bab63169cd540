package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
)

// PreviewCommand renders a message for somebody.
type PreviewCommand struct {
	Connection
	Template  string `arg:"" help:"The template's name: welcome, of templates/welcome.email.liquid."`
	Profile   string `required:"" placeholder:"ID" help:"Whose data it is rendered with: your id of a person, or an e-mail address."`
	Dir       string `default:"." placeholder:"DIR" help:"Folder of the workspace whose templates are rendered, as they are now."`
	Published bool   `help:"Render what is published, not what is in the folder."`
	Channel   string `placeholder:"CHANNEL" help:"The channel; without one, the first that reaches the person."`
	Locale    string `placeholder:"LOCALE" help:"The locale; without one, the person's."`
	Event     string `placeholder:"JSON" help:"What the template reads as event and entry, such as '{\"plan\": \"free\"}'."`
	Results   string `placeholder:"JSON" help:"What it reads as results."`
	Out       string `short:"o" default:"preview" placeholder:"DIR" help:"Where HTML and text are written. (${default})"`
	SendTo    string `placeholder:"ADDRESS" help:"Send it there too, once, by the real channel; nothing counts it."`
	JSON      bool   `name:"json" help:"Print it all as JSON, and write no files."`
}

type previewed struct {
	Template  string `json:"template"`
	File      string `json:"file"`
	Channel   string `json:"channel"`
	Topic     string `json:"topic,omitempty"`
	From      string `json:"from,omitempty"`
	Subject   string `json:"subject,omitempty"`
	Preheader string `json:"preheader,omitempty"`
	Title     string `json:"title,omitempty"`
	Link      string `json:"link,omitempty"`
	Image     string `json:"image,omitempty"`
	HTML      string `json:"html,omitempty"`
	Text      string `json:"text"`
	Bytes     int    `json:"bytes"`
	Parts     int    `json:"parts,omitempty"`
	Empty     []struct {
		Name   string `json:"name"`
		File   string `json:"file"`
		Line   int    `json:"line"`
		Column int    `json:"column"`
		Why    string `json:"why"`
	} `json:"empty"`
	SentTo string `json:"sent_to,omitempty"`
}

// gmailCuts is where Gmail cuts an e-mail's HTML, in bytes.
const gmailCuts = 102 << 10

// Run renders, writes and tells.
func (p *PreviewCommand) Run(c *Call) error {
	server, err := p.open()
	if err != nil {
		return err
	}
	asked := map[string]any{"template": p.Template, "profile": p.Profile, "channel": p.Channel, "locale": p.Locale, "send_to": p.SendTo}
	for name, text := range map[string]string{"event": p.Event, "results": p.Results} {
		if text == "" {
			continue
		}
		var value map[string]any
		if err := json.Unmarshal([]byte(text), &value); err != nil {
			return fmt.Errorf("--%s is no JSON object (%w); write one such as '{\"plan\": \"free\"}'", name, err)
		}
		asked[name] = value
	}
	if !p.Published {
		files, err := templateFiles(p.Dir)
		if err != nil {
			return err
		}
		asked["files"] = files
	}
	var v previewed
	if err := server.manage(c, http.MethodPost, "/api/preview", asked, &v); err != nil {
		return err
	}
	if p.JSON {
		return c.printJSON(v)
	}
	return p.tell(c, v)
}

// templateFiles are the templates and partials of a workspace.
func templateFiles(dir string) (map[string]string, error) {
	paths, err := filepath.Glob(filepath.Join(dir, "templates", "*.liquid"))
	if err != nil {
		return nil, err
	}
	if len(paths) == 0 {
		return nil, fmt.Errorf("there are no templates in %s; go to the workspace's folder, name it with --dir, or write --published for what is published", filepath.Join(dir, "templates"))
	}
	files := map[string]string{}
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		files[filepath.Base(path)] = string(text)
	}
	return files, nil
}

func (p *PreviewCommand) tell(c *Call, v previewed) error {
	for _, line := range []struct{ name, value string }{
		{"from", v.From}, {"subject", v.Subject}, {"preheader", v.Preheader}, {"title", v.Title}, {"link", v.Link}, {"image", v.Image}, {"topic", v.Topic},
	} {
		if line.value != "" {
			c.printf("%-10s %s\n", line.name, line.value)
		}
	}
	c.printf("%-10s %s by %s, %d bytes\n", "template", v.File, v.Channel, v.Bytes)
	if v.Parts > 1 {
		c.printf("%-10s %d short messages, and billed as so many\n", "parts", v.Parts)
	}
	if len(v.HTML) > gmailCuts {
		c.printf("%-10s Gmail shows the first 102 KB of the HTML and cuts the rest (%d KB)\n", "size", len(v.HTML)>>10)
	}
	if err := os.MkdirAll(p.Out, 0o700); err != nil {
		return err
	}
	base := filepath.Join(p.Out, strings.TrimSuffix(v.File, ".liquid"))
	written, err := base+".txt", error(nil)
	if v.HTML != "" {
		err = os.WriteFile(base+".html", []byte(v.HTML), 0o600)
		written = base + ".html and " + written
	}
	if err := errors.Join(err, os.WriteFile(base+".txt", []byte(v.Text), 0o600)); err != nil {
		return err
	}
	c.printf("%-10s %s\n", "written", written)
	if v.SentTo != "" {
		c.printf("%-10s to %s\n", "sent", v.SentTo)
	}
	if len(v.Empty) > 0 {
		c.printf("\nempty for %s:\n", p.Profile)
		for _, e := range v.Empty {
			c.printf("  %s:%d:%d: %s: %s\n", e.File, e.Line, e.Column, e.Name, e.Why)
		}
	}
	return nil
}
