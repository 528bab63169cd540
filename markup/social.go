package markup

import "strings"

const icons = "https://www.mailjet.com/images/theme/v1/icons/ico-social/"

// network is one that mj-social-element knows by name: its colour, and where a link is shared.
type network struct{ color, share string }

func networks() map[string]network {
	return map[string]network{
		"facebook":   {"#3b5998", "https://www.facebook.com/sharer/sharer.php?u=[[URL]]"},
		"twitter":    {"#55acee", "https://twitter.com/intent/tweet?url=[[URL]]"},
		"x":          {"#000000", "https://twitter.com/intent/tweet?url=[[URL]]"},
		"google":     {"#dc4e41", "https://plus.google.com/share?url=[[URL]]"},
		"pinterest":  {"#bd081c", "https://pinterest.com/pin/create/button/?url=[[URL]]&media=&description="},
		"linkedin":   {"#0077b5", "https://www.linkedin.com/shareArticle?mini=true&url=[[URL]]&title=&summary=&source="},
		"instagram":  {"#3f729b", ""},
		"web":        {"#4BADE9", ""},
		"snapchat":   {"#FFFA54", ""},
		"youtube":    {"#EB3323", ""},
		"tumblr":     {"#344356", "https://www.tumblr.com/widgets/share/tool?canonicalUrl=[[URL]]"},
		"github":     {"#000000", ""},
		"xing":       {"#296366", "https://www.xing.com/app/user?op=share&url=[[URL]]"},
		"vimeo":      {"#53B4E7", ""},
		"medium":     {"#000000", ""},
		"soundcloud": {"#EF7F31", ""},
		"dribbble":   {"#D95988", ""},
	}
}

// social writes a row, or a list, of links with icons.
func (c *compiler) social(e *element) {
	if c.get(e, "mode").text == "vertical" {
		c.styled("table", fixed("margin", "0px"), table()...)
		c.write("<tbody>")
		c.each(e, func(child *element) { c.network(e, child) })
		c.write("</tbody></table>")
		return
	}
	align := c.pairs(e, "align")
	c.outlook(func() { c.tag("table", join(align, table())...); c.write("<tr>") })
	c.each(e, func(child *element) {
		c.outlook(func() { c.write("<td>") })
		c.styled("table", fixed("float", "none", "display", "inline-table"), join(align, table())...)
		c.write("<tbody>")
		c.network(e, child)
		c.write("</tbody></table>")
		c.outlook(func() { c.write("</td>") })
	})
	c.outlook(func() { c.write("</tr></table>") })
}

func (c *compiler) each(e *element, write func(*element)) {
	for _, child := range e.children {
		if child.liquid {
			c.copy(child.content)
			continue
		}
		c.place = child.at
		write(child)
	}
}

// passed is an attribute of a network: its own, else that of the row it stands in.
func (c *compiler) passed(parent, e *element, name string) value {
	if v, ok := c.said(e, name); ok {
		return v
	}
	from := name
	if name == "padding" {
		from = "inner-padding"
	}
	switch name {
	case "padding", "text-padding", "border-radius", "color", "font-family", "font-size", "font-style", "font-weight", "icon-height",
		"icon-padding", "icon-size", "line-height", "text-decoration":
		if v := c.get(parent, from); v.text != "" {
			return v
		}
	}
	return c.get(e, name)
}

// network writes one link: its icon, and the words beside it.
func (c *compiler) network(parent, e *element) {
	get := func(name string) value { return c.passed(parent, e, name) }
	name, sharing := strings.CutSuffix(c.get(e, "name").text, "-noshare")
	known := networks()[name]
	href, src, color := get("href"), get("src"), get("background-color")
	if href.text != "" && known.share != "" && !sharing {
		href = made(strings.ReplaceAll(known.share, "[[URL]]", href.text))
	}
	if src.text == "" && known.color != "" {
		file := map[string]string{"x": "twitter-x", "google": "google-plus"}[name]
		if file == "" {
			file = name
		}
		src = made(icons + file + ".png")
	}
	if color.text == "" {
		color = made(known.color)
	}
	size, height := get("icon-size"), get("icon-height")
	if height.text == "" {
		height = size
	}
	c.tag("tr", c.class(e, "")...)
	var own []pair
	for _, side := range words("padding padding-top padding-right padding-bottom padding-left") {
		own = append(own, pair{side, get(side)})
	}
	vertical := pair{"vertical-align", get("vertical-align")}
	c.styled("td", append(own, vertical))
	c.styled("table", []pair{{"background", color}, {"border-radius", get("border-radius")}, {"width", size}}, table()...)
	c.write("<tbody><tr>")
	c.styled("td", join([]pair{{"padding", get("icon-padding")}}, fixed("font-size", "0"), []pair{{"height", height}, {"vertical-align", made("middle")}, {"width", size}}))
	link := []pair{{"href", href}, {"rel", get("rel")}, {"target", get("target")}}
	if href.text != "" {
		c.tag("a", link...)
	}
	c.styled("img", join([]pair{{"border-radius", get("border-radius")}}, fixed("display", "block")), pair{"alt", get("alt")},
		pair{"height", made(strings.TrimSuffix(get("icon-height").text, "px"))}, pair{"src", src}, pair{"title", get("title")},
		pair{"width", made(strings.TrimSuffix(size.text, "px"))})
	if href.text != "" {
		c.write("</a>")
	}
	c.write("</td></tr></tbody></table></td>")
	if strings.TrimSpace(e.content.text) != "" {
		c.styled("td", []pair{vertical, {"padding", get("text-padding")}, {"text-align", get("align")}})
		tag := "span"
		if href.text != "" {
			tag = "a"
		} else {
			link = nil
		}
		var style []pair
		for _, name := range words("color font-size font-weight font-style font-family line-height text-decoration") {
			style = append(style, pair{name, get(name)})
		}
		c.styled(tag, style, link...)
		c.copy(e.content)
		c.write("</" + tag + "></td>")
	}
	c.write("</tr>")
}
