package journey

// call is the step that asks a web service.
type call struct {
	leaf
	passing
	CallStep
}

func (b *call) look(*walk, *step, bool) turn {
	ask := b.CallStep
	return turn{action: &Action{Kind: Call, Call: &ask}}
}
