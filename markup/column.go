package markup

// column writes a column: width is its own on a wide screen, mobile that on a phone.
func (c *compiler) column(e, parent *element, width float64, mobile string) {
	c.styled("div", join(fixed("font-size", "0px", "text-align", "left"), c.pairs(e, "direction"), fixed("display", "inline-block"),
		c.pairs(e, "vertical-align"), fixed("width", mobile)), c.groupClass(e, parent)...)
	box := c.pairs(e, "background-color border border-bottom border-left border-radius border-right border-top vertical-align")
	inner := c.pairs(e, "background-color=inner-background-color border=inner-border border-bottom=inner-border-bottom border-left=inner-border-left border-radius=inner-border-radius border-right=inner-border-right border-top=inner-border-top")
	gutter := false
	for _, name := range words(sides) {
		gutter = gutter || c.get(e, name).text != ""
	}
	if gutter {
		c.styled("table", c.separate(e, "border-radius"), table("width", "100%")...)
		c.write("<tbody><tr>")
		c.styled("td", join(box, c.separate(e, "border-radius"), c.pairs(e, sides)))
		c.styled("table", join(inner, c.separate(e, "inner-border-radius")), table("width", "100%")...)
	} else {
		c.styled("table", join(box, c.separate(e, "border-radius")), table("width", "100%")...)
	}
	c.write("<tbody>\n")
	inside := c.inside(e, width) - c.border(e, "inner-border", "left") - c.border(e, "inner-border", "right")
	for _, child := range e.children {
		if child.liquid || child.name == "mj-raw" {
			c.copy(child.content)
			c.write("\n")
			continue
		}
		c.place = child.at
		c.row(child, inside)
	}
	c.write("</tbody></table>")
	if gutter {
		c.write("</td></tr></tbody></table>")
	}
	c.write("</div>\n")
}

// row writes one thing of a column, width being the column's inside.
func (c *compiler) row(e *element, width float64) {
	c.write("<tr>")
	attributes := c.class(e, "")
	attributes = append(attributes, c.pairs(e, "align")...)
	c.styled("td", join(c.pairs(e, "background=container-background-color"), fixed("font-size", "0px"), c.pairs(e, sides), fixed("word-break", "break-word")), attributes...)
	inside := float64(int(width)) - c.padding(e, "padding", "left") - c.padding(e, "padding", "right")
	switch e.name {
	case "mj-text":
		c.text(e)
	case "mj-button":
		c.button(e)
	case "mj-image":
		c.image(e, inside)
	case "mj-divider":
		c.divider(e, inside)
	case "mj-spacer":
		height := c.get(e, "height")
		c.styled("div", []pair{{"height", height}, {"line-height", height}})
		c.write("&#8202;</div>")
	case "mj-social":
		c.social(e)
	}
	c.write("</td></tr>\n")
}
