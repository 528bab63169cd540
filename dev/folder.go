package dev

import (
	"fmt"
	"os"
	"path/filepath"
)

// forget removes what the stack keeps in its folder, and nothing else: the folder may be somebody's home.
func forget(folder string) error {
	for _, name := range []string{"postgres", "temporal.db", "temporal.db-wal", "temporal.db-shm", "temporal.log"} {
		path := filepath.Join(folder, name)
		if err := os.RemoveAll(path); err != nil {
			return fmt.Errorf("forget earlier data: %w", err)
		}
	}
	if elsewhere := reachable(filepath.Join(folder, "postgres")); elsewhere != filepath.Join(folder, "postgres") {
		if err := os.RemoveAll(elsewhere); err != nil {
			return fmt.Errorf("forget earlier data: %w", err)
		}
	}
	return nil
}

// temporaryFolder makes a folder that Close removes. Those of starters that were killed are removed by the next start.
func (s *Stack) temporaryFolder() (string, error) {
	parent := filepath.Join(os.TempDir(), fmt.Sprintf("mixtape-tests-%d", os.Geteuid()))
	if err := makeFolder(parent); err != nil {
		return "", err
	}
	sweep(parent)
	folder, err := os.MkdirTemp(parent, "")
	if err != nil {
		return "", fmt.Errorf("make a temporary folder: %w", err)
	}
	lock, err := lockFile(filepath.Join(folder, "lock"), false)
	if err != nil {
		return "", err
	}
	s.closers = append(s.closers, func() {
		_ = forget(folder)
		_ = os.RemoveAll(folder)
		_ = lock.Close()
	})
	return folder, nil
}

func sweep(parent string) {
	entries, err := os.ReadDir(parent)
	if err != nil {
		return
	}
	for _, entry := range entries {
		folder := filepath.Join(parent, entry.Name())
		// A folder without a lock file is just being made by another start.
		if _, err := os.Stat(filepath.Join(folder, "lock")); err != nil {
			continue
		}
		lock, err := lockFile(filepath.Join(folder, "lock"), false)
		if err != nil {
			continue
		}
		_ = forget(folder)
		_ = os.RemoveAll(folder)
		_ = lock.Close()
	}
}
