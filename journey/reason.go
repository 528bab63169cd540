package journey

// Exit reasons that are not the journey's own words.
const (
	ReasonCompleted   = "completed"
	ReasonRule        = "rule"
	ReasonGoal        = "goal"
	ReasonMissingDate = "missing_date"
	ReasonPastDate    = "past_date"
	ReasonMerged      = "merged"
	ReasonStopped     = "stopped"
	ReasonErased      = "erased"
	ReasonFailed      = "failed"
)

// Refusals of an entry that others tell apart.
const (
	RefusedWhereFalse = "where_false"
	RefusedLimit      = "limit"
	RefusedHoldout    = "holdout"
)
