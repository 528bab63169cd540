package tracking

// Whose says whom a call is about.
type Whose int

// A call with both ids says that they are one person: the anonymous profile becomes the user's, or goes into
// the one that the user has. A profile that is identified already never does so by the way: that takes an alias.
const (
	TheUsers   Whose = iota // an anonymous id that belongs to nobody becomes theirs
	TheVisitor              // whoever has the anonymous id
	OnlyUsers               // a device that several people use: the anonymous id stays with whom it is
	Claimed                 // the visitor's profile takes the user id
	Merged                  // the visitor's profile goes into the user's
)

// Known is what is known of a call's ids.
type Known struct {
	Visitor     string // the profile that has the anonymous id; empty: none has
	VisitorUser string // the user id of that profile; empty while it is anonymous
	User        string // the profile that has the user id; empty: none has
}

// WhoseIs tells whom a call with these ids is about.
func WhoseIs(userID, anonymousID string, k Known) Whose {
	switch {
	case userID == "":
		return TheVisitor
	case anonymousID == "", k.Visitor == "", k.Visitor == k.User:
		return TheUsers
	case k.VisitorUser != "":
		return OnlyUsers
	case k.User == "":
		return Claimed
	}
	return Merged
}
