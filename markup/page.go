package markup

import (
	"regexp"
	"slices"
	"strings"
)

// page writes all of it: what stands around <mjml> too.
func (c *compiler) page(top []*element) {
	for _, e := range top {
		if e.liquid {
			c.copy(e.content)
			continue
		}
		var head *element
		for _, part := range e.children {
			if part.name == "mj-head" {
				head = part
				c.learn(part)
			}
		}
		for _, part := range e.children {
			if part.name != "mj-body" {
				continue
			}
			c.columns = map[string]string{}
			c.measure(part)
			c.head(e, head, part)
			c.body(e, head, part)
		}
	}
}

// learn takes what mj-attributes gives.
func (c *compiler) learn(head *element) {
	for _, part := range head.children {
		if part.name != "mj-attributes" {
			continue
		}
		for _, e := range part.children {
			if e.name == "mj-class" {
				c.classes[strings.TrimSpace(e.attributes["name"].text)] = e.attributes
			} else if !e.liquid {
				c.defaults[e.name] = e.attributes
			}
		}
	}
}

// part is the content of a tag of the head.
func part(head *element, name string) []*element {
	if head == nil {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(head.children), func(e *element) bool { return e.name != name })
}

const resets = `<!--[if !mso]><!-->
<meta http-equiv="X-UA-Compatible" content="IE=edge">
<!--<![endif]-->
<meta http-equiv="Content-Type" content="text/html; charset=UTF-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<style type="text/css">
#outlook a { padding:0; }
body { margin:0;padding:0;-webkit-text-size-adjust:100%;-ms-text-size-adjust:100%; }
table, td { border-collapse:collapse;mso-table-lspace:0pt;mso-table-rspace:0pt; }
img { border:0;height:auto;line-height:100%;outline:none;text-decoration:none;-ms-interpolation-mode:bicubic; }
p { display:block;margin:13px 0; }
</style>
<!--[if mso]>
<noscript><xml><o:OfficeDocumentSettings><o:AllowPNG/><o:PixelsPerInch>96</o:PixelsPerInch></o:OfficeDocumentSettings></xml></noscript>
<![endif]-->
<!--[if lte mso 11]>
<style type="text/css">.mj-outlook-group-fix { width:100% !important; }</style>
<![endif]-->
`

func (c *compiler) head(top, head, body *element) {
	lang, dir := c.get(top, "lang"), c.get(top, "dir")
	if lang.text == "" {
		lang = made("und")
	}
	if dir.text == "" {
		dir = made("auto")
	}
	c.write("<!doctype html>\n")
	c.tag("html", join([]pair{{"lang", lang}, {"dir", dir}}, fixed("xmlns", "http://www.w3.org/1999/xhtml",
		"xmlns:v", "urn:schemas-microsoft-com:vml", "xmlns:o", "urn:schemas-microsoft-com:office:office"))...)
	c.write("\n<head>\n<title>")
	for _, e := range part(head, "mj-title") {
		c.copy(e.content)
	}
	c.write("</title>\n" + resets)
	c.fonts(head, body)
	if len(c.widths) > 0 {
		c.write("<style type=\"text/css\">\n@media only screen and (min-width:480px) {\n")
		for _, name := range c.widths {
			c.write("." + name + " { width:" + c.columns[name] + " !important; max-width: " + c.columns[name] + "; }\n")
		}
		c.write("}\n</style>\n<style media=\"screen and (min-width:480px)\">\n")
		for _, name := range c.widths {
			c.write(".moz-text-html ." + name + " { width:" + c.columns[name] + " !important; max-width: " + c.columns[name] + "; }\n")
		}
		c.write("</style>\n")
	}
	if c.images(body) {
		c.write("<style type=\"text/css\">\n@media only screen and (max-width:479px) {\ntable.mj-full-width-mobile { width: 100% !important; }\ntd.mj-full-width-mobile { width: auto !important; }\n}\n</style>\n")
	}
	for _, e := range part(head, "mj-style") {
		c.write("<style type=\"text/css\">")
		c.copy(e.content)
		c.write("</style>\n")
	}
	for _, e := range part(head, "mj-raw") {
		c.copy(e.content)
		c.write("\n")
	}
	c.write("</head>\n")
}

// images reports whether there are any, which may be as wide as a phone.
func (c *compiler) images(e *element) bool {
	return e.name == "mj-image" || slices.ContainsFunc(e.children, c.images)
}

// fonts links those of mj-font that a style of the page names.
func (c *compiler) fonts(head, body *element) {
	used := map[string]bool{}
	c.families(body, used)
	for _, e := range part(head, "mj-style") {
		used[e.content.text] = true
	}
	links := []pair{{"Ubuntu", made("https://fonts.googleapis.com/css?family=Ubuntu:300,400,500,700")}}
	for _, e := range part(head, "mj-font") {
		links = append(links, pair{c.get(e, "name").text, c.get(e, "href")})
	}
	links = slices.DeleteFunc(links, func(l pair) bool {
		for family := range used {
			if strings.Contains(strings.ToLower(family), strings.ToLower(l.name)) {
				return false
			}
		}
		return true
	})
	if len(links) == 0 {
		return
	}
	c.write("<!--[if !mso]><!-->\n")
	for _, l := range links {
		c.tag("link", join([]pair{{"href", l.value}}, fixed("rel", "stylesheet", "type", "text/css"))...)
		c.write("\n")
	}
	c.write("<style type=\"text/css\">\n")
	for _, l := range links {
		c.write("@import url(")
		c.copy(l.value)
		c.write(");\n")
	}
	c.write("</style>\n<!--<![endif]-->\n")
}

var familyForm = regexp.MustCompile(`(?i)font-family:[^"';]+`)

// families collects the fonts that elements are written in.
func (c *compiler) families(e *element, used map[string]bool) {
	switch e.name {
	case "mj-text", "mj-button", "mj-social-element", "mj-raw":
		used[c.get(e, "font-family").text] = true
		for _, f := range familyForm.FindAllString(e.content.text, 100) {
			used[f] = true
		}
	}
	for _, child := range e.children {
		c.families(child, used)
	}
}

func (c *compiler) body(top, head, e *element) {
	c.place = e.at
	background := c.get(e, "background-color")
	c.styled("body", join(fixed("word-spacing", "normal"), []pair{{"background-color", background}}))
	c.write("\n")
	for _, preview := range part(head, "mj-preview") {
		c.write(`<div style="display:none;font-size:1px;color:#ffffff;line-height:1px;max-height:0px;max-width:0px;opacity:0;overflow:hidden;">`)
		c.copy(preview.content)
		c.write("</div>\n")
	}
	attributes := c.class(e, "")
	for _, title := range part(head, "mj-title") {
		attributes = append(attributes, pair{"aria-label", title.content})
	}
	lang, dir := c.get(top, "lang"), c.get(top, "dir")
	if lang.text == "" {
		lang = made("und")
	}
	if dir.text == "" {
		dir = made("auto")
	}
	c.styled("div", []pair{{"background-color", background}}, join(attributes, fixed("aria-roledescription", "email", "role", "article"), []pair{{"lang", lang}, {"dir", dir}})...)
	c.write("\n")
	c.sections(e, parsed(c.get(e, "width").text), 0)
	c.write("</div>\n</body>\n</html>\n")
}
