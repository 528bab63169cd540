//go:build !linux

package dev

import (
	"os/exec"
	"syscall"
)

// leash keeps a command out of our process group. Only Linux can also tie its life to ours; elsewhere a server outlives a
// killed starter until the next start finds it.
func leash(cmd *exec.Cmd, _ syscall.Signal) { attributes(cmd).Setpgid = true }

// unroot is Linux's alone: elsewhere the command fails as root would, and the next way is tried.
func unroot(*exec.Cmd, int, int, int, int) {}

func attributes(cmd *exec.Cmd) *syscall.SysProcAttr {
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	return cmd.SysProcAttr
}
