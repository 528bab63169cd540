package starter

import (
	"net/http"
	"strings"
	"time"
)

// machines are parts of the user agents of what opens links that nobody pressed: scanners of mail gateways, previews in
// chats, crawlers, and programs. Gmail's picture proxy (GoogleImageProxy) is not among them: it asks when the reader opens.
var machines = [...]string{
	"bot", "crawl", "spider", "preview", "scan", "slurp", "facebookexternalhit", "barracuda", "mimecast", "proofpoint", "safelinks",
	"headless", "python", "curl", "wget", "go-http-client", "java/", "okhttp", "libwww", "axios", "node-fetch", "monitor",
}

// appleProxy is the whole user agent with which Apple's Mail Privacy Protection loads all pictures of all messages, read or not.
const appleProxy = "Mozilla/5.0"

// byMachine tells whether a request is likely none of a reader: by what it says of itself.
func byMachine(r *http.Request) bool {
	agent := strings.TrimSpace(r.UserAgent())
	if agent == "" || agent == appleProxy {
		return true
	}
	for _, name := range []string{"Sec-Purpose", "Purpose", "X-Purpose", "X-Moz"} {
		if said := strings.ToLower(r.Header.Get(name)); strings.Contains(said, "prefetch") || strings.Contains(said, "preview") {
			return true
		}
	}
	lower := strings.ToLower(agent)
	for _, m := range machines {
		if strings.Contains(lower, m) {
			return true
		}
	}
	return false
}

// tooSoon is how soon after it was handed over nobody has read a message yet: scanners open it on its way.
const tooSoon = 2 * time.Second
