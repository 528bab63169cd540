package dev

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// identity is the user that Postgres runs as, and a folder that this user can reach.
type identity struct {
	folder string
	apply  func(*exec.Cmd)
	own    func(path string) error
}

// postgresIdentity is ourselves, except for root, whom Postgres refuses. Root first tries a user namespace; where the
// system forbids those, Postgres runs as the user postgres or nobody.
func postgresIdentity(folder string) (identity, error) {
	ourselves := identity{folder: folder, apply: func(*exec.Cmd) {}, own: func(string) error { return nil }}
	if os.Geteuid() != 0 {
		return ourselves, makeFolder(folder)
	}
	uid, gid, err := harmlessUser()
	if err != nil {
		return identity{}, err
	}
	disguised := ourselves
	disguised.apply = func(cmd *exec.Cmd) { unroot(cmd, uid, gid, os.Geteuid(), os.Getegid()) }
	if works(disguised, uid) {
		return disguised, makeFolder(folder)
	}
	other := identity{
		folder: reachable(folder),
		apply: func(cmd *exec.Cmd) {
			attributes(cmd).Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
		},
		own: func(path string) error { return os.Chown(path, uid, gid) },
	}
	if err := makeFolder(other.folder); err != nil {
		return identity{}, err
	}
	return other, other.own(other.folder)
}

func makeFolder(path string) error {
	if err := os.MkdirAll(path, 0o700); err != nil {
		return fmt.Errorf("make the data folder: %w", err)
	}
	return nil
}

// harmlessUser must have a name: initdb looks it up.
func harmlessUser() (uid, gid int, err error) {
	for _, name := range []string{"postgres", "nobody"} {
		account, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, _ = strconv.Atoi(account.Uid)
		gid, _ = strconv.Atoi(account.Gid)
		if uid > 0 {
			return uid, gid, nil
		}
	}
	return 0, 0, errors.New("Postgres does not run as root, and there is no user postgres or nobody to run it as; " +
		"run as another user, or set MIXTAPE_DATABASE_URL")
}

// works runs a command that tells who it is.
func works(as identity, uid int) bool {
	cmd := exec.Command("id", "-u")
	as.apply(cmd)
	output, err := cmd.Output()
	return err == nil && strings.TrimSpace(string(output)) == strconv.Itoa(uid)
}

// reachable is the folder itself when everybody may pass through its parents, else a folder of the same fate elsewhere.
func reachable(folder string) string {
	for parent := filepath.Dir(folder); ; parent = filepath.Dir(parent) {
		info, err := os.Stat(parent)
		if err == nil && info.Mode().Perm()&0o001 == 0 {
			sum := sha256.Sum256([]byte(folder))
			return filepath.Join("/var/tmp", fmt.Sprintf("mixtape-postgres-%x", sum[:8]))
		}
		if parent == filepath.Dir(parent) {
			return folder
		}
	}
}

// clearStalePid removes a postmaster.pid whose server is gone. Postgres does so too, but takes any living process of the
// same number for its server. One that still runs here is on its way out: nobody else may hold this folder.
func (c cluster) clearStalePid() error {
	file := filepath.Join(c.data(), "postmaster.pid")
	deadline := time.Now().Add(postgresStopWithin)
	for {
		text, err := os.ReadFile(file)
		if errors.Is(err, os.ErrNotExist) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read %s: %w", file, err)
		}
		first, _, _ := strings.Cut(string(text), "\n")
		pid, err := strconv.Atoi(strings.TrimSpace(first))
		if err != nil || !c.runs(pid) {
			if err := os.Remove(file); err != nil && !errors.Is(err, os.ErrNotExist) {
				return fmt.Errorf("remove the stale %s: %w", file, err)
			}
			return nil
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("a Postgres of an earlier start still runs in %s (process %d); stop it first", c.folder, pid)
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// runs reports whether the process is a Postgres in this folder, which is a server's working directory.
func (c cluster) runs(pid int) bool {
	if syscall.Kill(pid, 0) != nil {
		return false
	}
	directory, err := os.Readlink(fmt.Sprintf("/proc/%d/cwd", pid))
	if err != nil {
		_, noProc := os.Stat("/proc/self")
		return noProc != nil // without /proc the number is all we have
	}
	own, err := filepath.EvalSymlinks(c.data())
	return err == nil && directory == own
}
