package dev

import (
	"os/exec"
	"syscall"
)

// leash ties a command's life to ours, and keeps it out of our process group: Ctrl-C in a terminal is for us, and we stop
// our servers in order.
func leash(cmd *exec.Cmd, onDeath syscall.Signal) {
	attributes(cmd).Pdeathsig = onDeath
	attributes(cmd).Setpgid = true
}

// unroot lets the command believe that it is the given user although the kernel still counts it as us, by a user namespace
// that maps just that one id to ours: so files stay ours and any folder of ours can be reached.
func unroot(cmd *exec.Cmd, uid, gid, ours, ourGroup int) {
	a := attributes(cmd)
	a.Cloneflags |= syscall.CLONE_NEWUSER
	a.UidMappings = []syscall.SysProcIDMap{{ContainerID: uid, HostID: ours, Size: 1}}
	a.GidMappings = []syscall.SysProcIDMap{{ContainerID: gid, HostID: ourGroup, Size: 1}}
}

func attributes(cmd *exec.Cmd) *syscall.SysProcAttr {
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	return cmd.SysProcAttr
}
