package markup

import "strings"

func (c *compiler) text(e *element) {
	height := c.get(e, "height")
	if height.text != "" {
		c.outlook(func() {
			c.tag("table", table()...)
			c.write("<tr>")
			c.styled("td", []pair{{"vertical-align", made("top")}, {"height", height}}, pair{"height", height})
		})
	}
	c.styled("div", c.pairs(e, "font-family font-size font-style font-weight letter-spacing line-height text-align=align text-decoration text-transform color height"))
	c.copy(e.content)
	c.write("</div>")
	if height.text != "" {
		c.outlook(func() { c.write("</td></tr></table>") })
	}
}

func (c *compiler) button(e *element) {
	width := c.get(e, "width")
	c.styled("table", join(fixed("border-collapse", "separate"), []pair{{"width", width}}, fixed("line-height", "100%")), table()...)
	c.write("<tbody><tr>")
	background := c.get(e, "background-color")
	bgcolor := background
	if bgcolor.text == "none" {
		bgcolor = value{}
	}
	padding := c.get(e, "inner-padding")
	c.styled("td", join(c.pairs(e, "border border-bottom border-left border-radius border-right border-top"), fixed("cursor", "auto"),
		c.pairs(e, "font-style height"), []pair{{"mso-padding-alt", padding}}, c.pairs(e, "text-align"), []pair{{"background", background}}),
		join(fixed("align", "center", "role", "presentation"), []pair{{"bgcolor", bgcolor}}, c.pairs(e, "valign=vertical-align"))...)
	tag, attributes := "p", c.pairs(e, "name title")
	if c.get(e, "href").text != "" {
		tag, attributes = "a", c.pairs(e, "href name rel title target")
	}
	inner := value{}
	if strings.HasSuffix(strings.TrimSpace(width.text), "px") {
		n := whole(width.text) - c.padding(e, "inner-padding", "left") - c.padding(e, "inner-padding", "right")
		inner = made(px(n - c.border(e, "border", "left") - c.border(e, "border", "right")))
	}
	c.styled(tag, join(fixed("display", "inline-block"), []pair{{"width", inner}, {"background", background}},
		c.pairs(e, "color font-family font-size font-style font-weight line-height letter-spacing"), fixed("margin", "0"),
		c.pairs(e, "text-decoration text-transform"), []pair{{"padding", padding}}, fixed("mso-padding-alt", "0px"), c.pairs(e, "border-radius")), attributes...)
	c.write("\n")
	c.copy(e.content)
	c.write("\n</" + tag + "></td></tr></tbody></table>")
}

func (c *compiler) image(e *element, width float64) {
	width -= c.border(e, "border", "left") + c.border(e, "border", "right")
	if w, ok := c.said(e, "width"); ok {
		width = min(whole(w.text), width)
	}
	mobile := value{}
	if c.get(e, "fluid-on-mobile").text == "true" {
		mobile = made("mj-full-width-mobile")
	}
	c.styled("table", fixed("border-collapse", "collapse", "border-spacing", "0px"), append(table(), pair{"class", mobile})...)
	c.write("<tbody><tr>")
	c.styled("td", fixed("width", px(width)), pair{"class", mobile})
	href := c.get(e, "href")
	if href.text != "" {
		c.tag("a", c.pairs(e, "href target rel name title")...)
	}
	height := c.get(e, "height")
	shown := height
	if height.text != "auto" {
		shown = made(strings.TrimSuffix(height.text, "px"))
	}
	c.styled("img", join(c.pairs(e, "border border-left border-right border-top border-bottom border-radius"),
		fixed("display", "block", "outline", "none", "text-decoration", "none"), []pair{{"height", height}}, c.pairs(e, "max-height"),
		fixed("width", "100%"), c.pairs(e, "font-size")),
		join(c.pairs(e, "alt src srcset sizes title usemap"), fixed("width", number(width)), []pair{{"height", shown}})...)
	if href.text != "" {
		c.write("</a>")
	}
	c.write("</td></tr></tbody></table>")
}

func (c *compiler) divider(e *element, width float64) {
	border := made(strings.Join([]string{c.get(e, "border-style").text, c.get(e, "border-width").text, c.get(e, "border-color").text}, " "))
	own := c.get(e, "width")
	margin := map[string]string{"left": "0px", "right": "0px 0px 0px auto"}[c.get(e, "align").text]
	if margin == "" {
		margin = "0px auto"
	}
	style := join([]pair{{"border-top", border}}, fixed("font-size", "1px", "margin", margin))
	c.styled("p", join(style, []pair{{"width", own}}))
	c.write("</p>\n")
	outlook := whole(own.text)
	if strings.HasSuffix(own.text, "%") {
		outlook = width * parsed(own.text) / 100
	}
	align := c.pairs(e, "align")
	c.outlook(func() {
		c.styled("table", join(style, fixed("width", px(outlook))), join(align, table("width", px(outlook)))...)
		c.write(`<tr><td style="height:0;line-height:0;"> &nbsp;` + "\n</td></tr></table>")
	})
}
