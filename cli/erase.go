package cli

import (
	"bufio"
	"fmt"
	"net/http"
	"strings"
)

// EraseCommand erases a person.
type EraseCommand struct {
	Connection
	Person string `arg:"" help:"Your id of the person, an anonymous id, an e-mail address, or Mixtape's own id."`
	Yes    bool   `help:"Do not ask. It cannot be taken back."`
	JSON   bool   `name:"json" help:"Print what was begun as JSON."`
}

// Run erases, when the name was typed back.
func (e *EraseCommand) Run(c *Call) error {
	server, err := e.open()
	if err != nil {
		return err
	}
	path := "/api/profiles/" + segment(e.Person)
	var found struct {
		ID     string `json:"id"`
		UserID string `json:"user_id"`
	}
	if err := server.manage(c, http.MethodGet, path, nil, &found); err != nil {
		return err
	}
	if err := e.confirm(c, found.ID, found.UserID); err != nil {
		return err
	}
	var begun struct {
		ID       string `json:"id"`
		Profile  string `json:"profile"`
		State    string `json:"state"`
		ErasedAt string `json:"erased_at"`
	}
	if err := server.manage(c, http.MethodDelete, path, nil, &begun); err != nil {
		return err
	}
	if e.JSON {
		return c.printJSON(begun)
	}
	c.printf("%s is erased: nothing is sent to them any more, and the rest of them is removed within minutes (%s)\n", e.Person, begun.ID)
	return nil
}

func (e *EraseCommand) confirm(c *Call, id, userID string) error {
	if e.Yes {
		return nil
	}
	who := e.Person
	if userID != "" && userID != e.Person {
		who += ", whom you call " + userID + ","
	}
	if !c.interactive() {
		return failed("%s (%s) would be erased, which cannot be taken back; nothing was done: write --yes if that is meant", who, id)
	}
	fmt.Fprintf(c.Stderr, "%s (%s) is erased, with all that is known of them. It cannot be taken back.\nType %s to go on: ", who, id, e.Person)
	line, err := bufio.NewReader(c.Stdin).ReadString('\n')
	if err != nil && line == "" {
		return failed("nothing was done")
	}
	if strings.TrimSpace(line) != e.Person {
		return failed("that is not %s; nothing was done", e.Person)
	}
	return nil
}
