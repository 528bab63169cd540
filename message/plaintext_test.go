package message_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mixtapehq/mixtape/message"
)

func TestPlainText(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ page, want string }{
		"nothing":              {"", ""},
		"words":                {"a  b\n c", "a b c"},
		"entities":             {"&lt;a&gt; &amp; b&nbsp;c &copy;", "<a> & b c ©"},
		"paragraphs":           {"<p>one</p><p>two</p>", "one\n\ntwo"},
		"blocks":               {"<div>one</div><div>two</div>", "one\ntwo"},
		"inline":               {"a<b>b</b>c <i>d</i> e<em> f</em>", "abc d e f"},
		"breaks":               {"one<br>two<br/><br>three", "one\ntwo\n\nthree"},
		"heading":              {"<h1>Title</h1>text<h2>Next</h2>more", "Title\n\ntext\n\nNext\n\nmore"},
		"link":                 {`See <a href="https://a.example/x">this page</a>, now`, "See this page (https://a.example/x), now"},
		"link named by itself": {`<a href="https://a.example/">a.example</a> <a href="https://a.example/y">https://a.example/y</a>`, "a.example https://a.example/y"},
		"mail link":            {`<a href="mailto:a@b.example">a@b.example</a> <a href="mailto:a@b.example">us</a>`, "a@b.example us (a@b.example)"},
		"link on an image":     {`<a href="https://a.example"><img src="x" alt="Our shop"></a>`, "Our shop (https://a.example)"},
		"link without text":    {`<a href="https://a.example"><img src="x"></a>`, "https://a.example"},
		"anchor":               {`<a href="#top">up</a> <a>none</a>`, "up none"},
		"block within a link":  {`<a href="https://a.example"><div>Big</div></a>`, "Big\n(https://a.example)"},
		"list":                 {"<p>Do:</p><ul><li>one</li><li>two <b>bold</b></li></ul><p>end</p>", "Do:\n\n- one\n- two bold\n\nend"},
		"numbered":             {"<ol><li>one<li>two</ol>", "1. one\n2. two"},
		"nested":               {"<ul><li>one<ol><li>inner</li></ol></li><li>two</li></ul>", "- one\n  1. inner\n- two"},
		"paragraph in an item": {"<ul><li><p>one</p></li></ul>", "- one"},
		"table":                {"<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", "a b\nc"},
		"rule":                 {"a<hr>b", "a\n\n----\n\nb"},
		"preformatted":         {"<pre>a\n  b</pre>", "a\n  b"},
		"hidden":               {`<head><title>t</title></head><style>p{}</style><script>x()</script><div style="display: none">secret <div>x</div> y</div>seen`, "seen"},
		"hidden void":          {`<img style="display:none" alt="pixel">seen`, "seen"},
		"comment":              {"a<!-- b -->c", "ac"},
		"conditional comment":  {"a<!--[if mso]><table><![endif]-->b", "ab"},
		"never closed":         {"<p>a<b>b<ul><li>c", "ab\n\n- c"},
		"closed too often":     {"</div></ul></p></a></pre>a</b>", "a"},
	} {
		got := message.PlainText(c.page)
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}
