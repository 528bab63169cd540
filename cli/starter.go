package cli

// StarterCommand serves the HTTP API and dispatch.
type StarterCommand struct {
	Service
	Messengers
	Reporters
	Listen       string `env:"MIXTAPE_LISTEN" default:":8080" help:"Where the public HTTP API is."`
	BaseURL      string `placeholder:"URL" env:"MIXTAPE_BASE_URL" help:"Public address of this starter, as https://mixtape.example.com; consents to topics with double_opt_in are confirmed by links to it."`
	OnTerminated string `enum:"resume,end" default:"resume" env:"MIXTAPE_ON_TERMINATED" help:"What becomes of a run whose workflow an operator terminated: resume or end."`
}

// starterConns is for the loops of dispatch, the relay, and requests.
const starterConns = 20

// Run serves until it is told to stop; then requests under way finish.
func (s *StarterCommand) Run(c *Call) error {
	log, err := s.Logging.open(c.Stderr)
	if err != nil {
		return err
	}
	f := front{baseURL: s.BaseURL, endTerminated: s.OnTerminated == "end"}
	if f.callbacks, err = s.Messengers.callbacks(s.BaseURL); err != nil {
		return err
	}
	reporters, err := s.Reporters.callbacks()
	if err != nil {
		return err
	}
	f.callbacks = append(f.callbacks, reporters...)
	if f.api, err = listen(c, s.Listen); err != nil {
		return err
	}
	defer f.api.Close()
	if f.ops, err = listen(c, s.OpsListen); err != nil {
		return err
	}
	defer f.ops.Close()
	b, err := openBackend(c, "mixtape-starter", s.Service, starterConns, true, log)
	if err != nil {
		return err
	}
	defer b.close()
	log.Info("the starter serves")
	return b.starter(c, f)
}
