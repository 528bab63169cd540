package markup

import "strings"

// sections writes what stands in the body or a wrapper; outer is how wide the wrapper is, none in the body.
func (c *compiler) sections(e *element, width float64, outer float64) {
	for _, child := range e.children {
		switch {
		case child.liquid:
			c.copy(child.content)
			c.write("\n")
		case child.name == "mj-raw":
			c.copy(child.content)
			c.write("\n")
		default:
			c.place = child.at
			if outer > 0 {
				c.outlook(func() {
					c.write("<tr>")
					c.tag("td", join(c.class(child, "-outlook"), fixed("width", px(outer)))...)
				})
			}
			c.section(child, width)
			if outer > 0 {
				c.outlook(func() { c.write("</td></tr>") })
			}
		}
	}
}

// background is a section's, by a colour or a picture.
func (c *compiler) background(e *element) []pair {
	color, url := c.get(e, "background-color"), c.get(e, "background-url")
	if url.text == "" {
		return []pair{{"background", color}, {"background-color", color}}
	}
	position, size, repeat := c.get(e, "background-position"), c.get(e, "background-size"), c.get(e, "background-repeat")
	all := made(strings.TrimSpace(color.text + " url('" + url.text + "') " + position.text + " / " + size.text + " " + repeat.text))
	return []pair{{"background", all}, {"background-position", position}, {"background-repeat", repeat}, {"background-size", size}}
}

// section writes a section or a wrapper.
func (c *compiler) section(e *element, width float64) {
	full := c.get(e, "full-width").text == "full-width"
	background := c.background(e)
	inner, picture := background, c.get(e, "background-url")
	if full {
		c.styled("table", join(background, fixed("width", "100%"), c.pairs(e, "border-radius")),
			join(table("align", "center"), c.class(e, ""), []pair{{"background", picture}})...)
		c.write("<tbody><tr><td>\n")
		inner, picture = nil, value{}
	}
	c.outlook(func() {
		c.styled("table", fixed("width", px(width)), join(table("align", "center"), c.class(e, "-outlook"),
			fixed("width", number(width)), c.pairs(e, "bgcolor=background-color"))...)
		c.write(`<tr><td style="line-height:0px;font-size:0px;mso-line-height-rule:exactly;">`)
	})
	var class []pair
	if !full {
		class = c.class(e, "")
	}
	var hidden []pair
	if c.get(e, "border-radius").text != "" {
		hidden = fixed("overflow", "hidden")
	}
	c.styled("div", join(inner, fixed("margin", "0px auto", "max-width", px(width)), c.pairs(e, "border-radius"), hidden), class...)
	if picture.text != "" || full && c.get(e, "background-url").text != "" {
		c.write(`<div style="line-height:0;font-size:0;">`)
	}
	c.styled("table", join(inner, fixed("width", "100%"), c.separate(e, "border-radius")), join(table("align", "center"), []pair{{"background", picture}})...)
	c.write("<tbody><tr>")
	c.styled("td", join(c.pairs(e, "border border-bottom border-left border-radius border-right border-top direction"), fixed("font-size", "0px"),
		c.pairs(e, "padding padding-bottom padding-left padding-right padding-top text-align")))
	c.write("\n")
	c.outlook(func() {
		c.tag("table", fixed("role", "presentation", "border", "0", "cellpadding", "0", "cellspacing", "0")...)
	})
	inside := c.inside(e, width)
	if e.name == "mj-wrapper" {
		c.sections(e, inside, width)
	} else {
		c.inSection(e, inside)
	}
	c.outlook(func() { c.write("</table>") })
	c.write("</td></tr></tbody></table>")
	if c.get(e, "background-url").text != "" {
		c.write("</div>")
	}
	c.write("</div>\n")
	c.outlook(func() { c.write("</td></tr></table>") })
	if full {
		c.write("</td></tr></tbody></table>\n")
	}
}

// separate keeps round corners round: borders that collapse have none.
func (c *compiler) separate(e *element, name string) []pair {
	if c.get(e, name).text == "" {
		return nil
	}
	return fixed("border-collapse", "separate")
}

// inSection writes a section's columns, side by side.
func (c *compiler) inSection(e *element, width float64) {
	c.outlook(func() { c.write("<tr>") })
	for _, child := range e.children {
		if child.liquid || child.name == "mj-raw" {
			c.copy(child.content)
			c.write("\n")
			continue
		}
		c.place = child.at
		own := c.columnWidth(child, e, width)
		c.outlook(func() {
			style := join(c.pairs(child, "vertical-align"), fixed("width", px(own)))
			c.styled("td", style, c.class(child, "-outlook")...)
		})
		if child.name == "mj-group" {
			c.group(child, e, own)
		} else {
			c.column(child, e, own, "100%")
		}
		c.outlook(func() { c.write("</td>") })
	}
	c.outlook(func() { c.write("</tr>") })
}

// shares is how many columns share a section or a group.
func shares(e *element) float64 {
	n := 0.0
	for _, child := range e.children {
		if child.name == "mj-column" || child.name == "mj-group" {
			n++
		}
	}
	return max(n, 1)
}

// said width of a column, with its unit; an equal share of its section where it says none.
func (c *compiler) share(e, parent *element) (n float64, unit string) {
	text := strings.TrimSpace(c.get(e, "width").text)
	switch {
	case text == "":
		return 100 / shares(parent), "%"
	case strings.HasSuffix(text, "%"):
		return parsed(text), "%"
	}
	return whole(text), "px"
}

func (c *compiler) columnWidth(e, parent *element, width float64) float64 {
	if n, unit := c.share(e, parent); unit == "px" {
		return n
	} else {
		return width * n / 100
	}
}

// columnClass names a width in the style that takes effect on wide screens.
func (c *compiler) columnClass(e, parent *element) string {
	n, unit := c.share(e, parent)
	name := "mj-column-" + map[string]string{"%": "per", "px": "px"}[unit] + "-" + strings.ReplaceAll(number(n), ".", "-")
	if _, known := c.columns[name]; !known {
		c.columns[name] = number(n) + unit
		c.widths = append(c.widths, name)
	}
	return name
}

// measure collects the widths of all columns for the head.
func (c *compiler) measure(e *element) {
	for _, child := range e.children {
		if child.name == "mj-column" || child.name == "mj-group" {
			c.columnClass(child, e)
		}
		c.measure(child)
	}
}

// group writes columns that stay side by side on a phone.
func (c *compiler) group(e, parent *element, width float64) {
	c.styled("div", join(fixed("font-size", "0", "line-height", "0", "text-align", "left", "display", "inline-block", "width", "100%"),
		c.pairs(e, "direction vertical-align background-color")), join(c.groupClass(e, parent))...)
	bgcolor := c.pairs(e, "bgcolor=background-color")
	c.outlook(func() { c.tag("table", join(table(), bgcolor)...); c.write("<tr>") })
	for _, child := range e.children {
		if child.liquid {
			c.copy(child.content)
			continue
		}
		c.place = child.at
		own := c.columnWidth(child, e, width)
		outlook := own
		if c.get(child, "width").text == "" {
			outlook = width / shares(e)
		}
		c.outlook(func() { c.styled("td", join(c.pairs(child, "vertical-align"), fixed("width", px(outlook)))) })
		n, unit := c.share(child, e)
		if unit == "px" {
			n = n / max(width, 1) * 100
		} else if c.get(child, "width").text == "" {
			n = float64(int(n))
		}
		c.column(child, e, own, number(n)+"%")
		c.outlook(func() { c.write("</td>") })
	}
	c.outlook(func() { c.write("</tr></table>") })
	c.write("</div>\n")
}

func (c *compiler) groupClass(e, parent *element) []pair {
	class := c.columnClass(e, parent) + " mj-outlook-group-fix"
	if own := c.get(e, "css-class").text; own != "" {
		class += " " + own
	}
	return fixed("class", class)
}
