package gate

import "github.com/mixtapehq/mixtape/profile"

// HeldOut draws, for ever, whether the bearer of these keys is among the share (0.02 is 2%) that is
// measured and never messaged. A share that grows keeps those who were in it.
func HeldOut(share float64, keys ...string) bool {
	return profile.Lot(append([]string{"holdout"}, keys...)...) < share // apart from every other draw by the same keys
}
