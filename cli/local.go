package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// local is what `mixtape dev` leaves in its data folder: so the other commands find it, and its
// keys outlive it, as its database does.
type local struct {
	URL      string `json:"url,omitempty"`      // while it runs
	Database string `json:"database,omitempty"` // likewise
	AdminKey string `json:"admin_key"`
	WriteKey string `json:"write_key"`
	LinkKey  string `json:"link_key"`
}

// dataFolder is where `mixtape dev` keeps everything, unless another folder is named.
func dataFolder(named string) (string, error) {
	if named != "" {
		return named, nil
	}
	if base := os.Getenv("XDG_DATA_HOME"); filepath.IsAbs(base) {
		return filepath.Join(base, "mixtape"), nil
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "", errors.New("there is no home folder to keep data in; write --data and a folder")
	}
	return filepath.Join(home, ".local", "share", "mixtape"), nil
}

func localFile(data string) (string, error) {
	folder, err := dataFolder(data)
	return filepath.Join(folder, "local.json"), err
}

// readLocal reads the file; without one the result is empty.
func readLocal(data string) (local, error) {
	var l local
	file, err := localFile(data)
	if err != nil {
		return l, nil //nolint:nilerr // without a home there is no local deployment
	}
	raw, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return l, nil
	}
	if err == nil {
		err = json.Unmarshal(raw, &l)
	}
	if err != nil {
		return l, fmt.Errorf("%s cannot be read (%w); remove it, and start `mixtape dev` again", file, err)
	}
	return l, nil
}

// write keeps the file for its owner alone, whole or not at all.
func (l local) write(data string) error {
	file, err := localFile(data)
	if err != nil {
		return err
	}
	raw, err := json.MarshalIndent(l, "", "  ")
	if err != nil {
		return err
	}
	fresh := file + ".new"
	if err := os.WriteFile(fresh, append(raw, '\n'), 0o600); err != nil {
		return err
	}
	return os.Rename(fresh, file)
}
