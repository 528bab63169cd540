package markup

import (
	"slices"
	"strings"
)

// kind is what is known of a tag.
type kind struct {
	name string
	// attributes are those that may be written, besides css-class and mj-class.
	attributes []string
	defaults   map[string]string
	within     []string // where it may stand
	raw        bool     // holds HTML, not tags of the markup
}

func words(s string) []string { return strings.Fields(s) }

const (
	sides  = " padding padding-top padding-right padding-bottom padding-left"
	frame  = " border border-top border-right border-bottom border-left border-radius"
	fonts  = " color font-family font-size font-style font-weight line-height text-decoration"
	ubuntu = "Ubuntu, Helvetica, Arial, sans-serif"
)

func kinds() []kind {
	box := words("background-color background-url background-repeat background-size background-position direction full-width text-align" + sides + frame)
	boxed := map[string]string{"background-repeat": "repeat", "background-size": "auto", "background-position": "top center",
		"direction": "ltr", "padding": "20px 0", "text-align": "center"}
	column := words("mj-column")
	return []kind{
		{name: "mjml", attributes: words("lang dir")},
		{name: "mj-head", within: words("mjml")},
		{name: "mj-attributes", within: words("mj-head")},
		{name: "mj-all", within: words("mj-attributes")},
		{name: "mj-class", attributes: words("name"), within: words("mj-attributes")},
		{name: "mj-title", within: words("mj-head"), raw: true},
		{name: "mj-preview", within: words("mj-head"), raw: true},
		{name: "mj-style", within: words("mj-head"), raw: true},
		{name: "mj-font", attributes: words("name href"), within: words("mj-head")},
		{name: "mj-body", attributes: words("width background-color"), defaults: map[string]string{"width": "600px"}, within: words("mjml")},
		{name: "mj-wrapper", attributes: box, defaults: boxed, within: words("mj-body")},
		{name: "mj-section", attributes: box, defaults: boxed, within: words("mj-body mj-wrapper")},
		{name: "mj-group", attributes: words("background-color direction vertical-align width"), defaults: map[string]string{"direction": "ltr"}, within: words("mj-section")},
		{name: "mj-column", attributes: words("background-color direction inner-background-color inner-border inner-border-top inner-border-right inner-border-bottom inner-border-left inner-border-radius vertical-align width" + sides + frame),
			defaults: map[string]string{"direction": "ltr", "vertical-align": "top"}, within: words("mj-section mj-group")},
		{name: "mj-text", attributes: words("align container-background-color height letter-spacing text-transform vertical-align" + sides + fonts),
			defaults: map[string]string{"align": "left", "color": "#000000", "font-family": ubuntu, "font-size": "13px", "line-height": "1", "padding": "10px 25px"}, within: column, raw: true},
		{name: "mj-button", attributes: words("align background-color container-background-color height href inner-padding letter-spacing name rel target text-align text-transform title vertical-align width" + sides + frame + fonts),
			defaults: map[string]string{"align": "center", "background-color": "#414141", "border": "none", "border-radius": "3px", "color": "#ffffff", "font-family": ubuntu,
				"font-size": "13px", "font-weight": "normal", "inner-padding": "10px 25px", "line-height": "120%", "padding": "10px 25px", "target": "_blank",
				"text-decoration": "none", "text-transform": "none", "vertical-align": "middle"}, within: column, raw: true},
		{name: "mj-image", attributes: words("align alt container-background-color fluid-on-mobile font-size height href max-height name rel sizes src srcset target title usemap width" + sides + frame),
			defaults: map[string]string{"align": "center", "alt": "", "border": "0", "font-size": "13px", "height": "auto", "padding": "10px 25px", "target": "_blank"}, within: column},
		{name: "mj-divider", attributes: words("align border-color border-style border-width container-background-color width" + sides),
			defaults: map[string]string{"align": "center", "border-color": "#000000", "border-style": "solid", "border-width": "4px", "padding": "10px 25px", "width": "100%"}, within: column},
		{name: "mj-spacer", attributes: words("container-background-color height" + sides), defaults: map[string]string{"height": "20px"}, within: column},
		{name: "mj-social", attributes: words("align border-radius container-background-color icon-height icon-padding icon-size inner-padding mode text-padding vertical-align" + sides + fonts),
			defaults: map[string]string{"align": "center", "border-radius": "3px", "color": "#333333", "font-family": ubuntu, "font-size": "13px", "icon-size": "20px",
				"line-height": "22px", "mode": "horizontal", "padding": "10px 25px", "text-decoration": "none"}, within: column},
		{name: "mj-social-element", attributes: words("align alt background-color border-radius href icon-height icon-padding icon-size name rel src target text-padding title vertical-align" + sides + fonts),
			defaults: map[string]string{"align": "left", "alt": "", "border-radius": "3px", "color": "#000", "font-family": ubuntu, "font-size": "13px", "line-height": "1",
				"padding": "4px", "target": "_blank", "text-decoration": "none", "text-padding": "4px 4px 4px 0", "vertical-align": "middle"}, within: words("mj-social"), raw: true},
		{name: "mj-raw", within: words("mj-body mj-wrapper mj-section mj-column mj-head"), raw: true},
	}
}

// Tag is a tag of the markup, as documentation lists it.
type Tag struct {
	Name       string
	Within     []string // the tags in which it may stand
	Attributes []string // those of its own; css-class and mj-class go with each that is seen
}

// Tags are all that the markup has.
func Tags() []Tag {
	var all []Tag
	for _, k := range kinds() {
		all = append(all, Tag{k.name, k.within, slices.Sorted(slices.Values(k.attributes))})
	}
	return all
}
