package channels

import (
	"errors"
	"net/netip"
	"syscall"
)

// ErrPrivate says that a web service lies within the own network.
var ErrPrivate = errors.New("an address of the own network")

// RefusePrivate looks at the address itself, just before it is dialled: a name may mean another one
// each time it is asked for.
func RefusePrivate(_, address string, _ syscall.RawConn) error {
	at, err := netip.ParseAddrPort(address)
	if err != nil || !public(at.Addr()) {
		return ErrPrivate
	}
	return nil
}

// public tells whether an address is one of the internet at large.
func public(a netip.Addr) bool {
	a = a.Unmap()
	if !a.IsGlobalUnicast() || a.IsPrivate() {
		return false
	}
	for _, net := range []string{
		"0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "240.0.0.0/4",
		// Within these of version 6 one of version 4 may hide.
		"::/96", "64:ff9b::/96", "64:ff9b:1::/48", "2001::/23", "2002::/16", "2001:db8::/32", "fec0::/10",
	} {
		if netip.MustParsePrefix(net).Contains(a) {
			return false
		}
	}
	return true
}
