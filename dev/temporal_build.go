package dev

import (
	"bufio"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"sync/atomic"
	"time"
)

const (
	module         = "github.com/mixtapehq/mixtape"
	temporalModule = module + "/dev/temporal"

	// Builds that nobody has started for this long are removed.
	buildsKept = 30 * 24 * time.Hour
)

// findTemporal returns a program to run: the one of this checkout, built when its sources have changed; outside a checkout
// the official `temporal` command, or else our module installed.
func findTemporal(ctx context.Context, say printer) (temporalProgram, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return temporalProgram{}, fmt.Errorf("find a place to keep the local Temporal: %w", err)
	}
	cache = filepath.Join(cache, "mixtape")
	if err := os.MkdirAll(cache, 0o700); err != nil {
		return temporalProgram{}, fmt.Errorf("find a place to keep the local Temporal: %w", err)
	}
	if sources, found := temporalSources(); found {
		key, err := sourceHash(sources)
		if err != nil {
			return temporalProgram{}, err
		}
		build := func(ctx context.Context, target string) error {
			return runGo(ctx, sources, say, "build", "-v", "-buildvcs=false", "-ldflags=-s -w", "-o", target, ".")
		}
		path, err := builtOnce(ctx, cache, key, build, say)
		return temporalProgram{path: path}, err
	}
	if path, err := exec.LookPath("temporal"); err == nil {
		return temporalProgram{path: path, official: true}, nil
	}
	version := ownVersion()
	install := func(ctx context.Context, target string) error { return installTemporal(ctx, target, version, say) }
	path, err := builtOnce(ctx, cache, strings.Map(plainLetter, version), install, say)
	if err != nil {
		err = fmt.Errorf("%w\n(installing the `temporal` command line tool, or setting %s, avoids this build)", err, TemporalVariable)
	}
	return temporalProgram{path: path}, err
}

// temporalSources finds dev/temporal above the working directory, else where this program was compiled.
func temporalSources() (string, bool) {
	var candidates []string
	if folder, err := os.Getwd(); err == nil {
		for {
			candidates = append(candidates, filepath.Join(folder, "dev", "temporal"))
			if folder == filepath.Dir(folder) {
				break
			}
			folder = filepath.Dir(folder)
		}
	}
	if _, file, _, ok := runtime.Caller(0); ok && filepath.IsAbs(file) {
		candidates = append(candidates, filepath.Join(filepath.Dir(file), "temporal"))
	}
	for _, candidate := range candidates {
		text, err := os.ReadFile(filepath.Join(candidate, "go.mod"))
		if err == nil && strings.HasPrefix(string(text), "module "+temporalModule+"\n") {
			return candidate, true
		}
	}
	return "", false
}

// sourceHash changes with anything that changes the program.
func sourceHash(folder string) (string, error) {
	files, err := filepath.Glob(filepath.Join(folder, "*.go"))
	if err != nil {
		return "", err
	}
	files = slices.DeleteFunc(files, func(name string) bool { return strings.HasSuffix(name, "_test.go") })
	files = append(files, filepath.Join(folder, "go.mod"), filepath.Join(folder, "go.sum"))
	hash := sha256.New()
	fmt.Fprintln(hash, runtime.Version(), runtime.GOOS, runtime.GOARCH)
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return "", fmt.Errorf("read the sources of the local Temporal: %w", err)
		}
		fmt.Fprintln(hash, filepath.Base(file), len(text))
		hash.Write(text)
	}
	return fmt.Sprintf("%x", hash.Sum(nil)[:8]), nil
}

// builtOnce builds into the cache unless that was done before. Two builders do not race: the second waits and finds it done.
func builtOnce(ctx context.Context, cache, key string, build func(context.Context, string) error, say printer) (string, error) {
	target := filepath.Join(cache, "temporal-"+key)
	if used(target) {
		return target, nil
	}
	lock, err := lockFile(filepath.Join(cache, "temporal.lock"), false)
	if errors.Is(err, errLocked) {
		say("waiting for another process that is building the local Temporal")
		lock, err = lockFile(filepath.Join(cache, "temporal.lock"), true)
	}
	if err != nil {
		return "", err
	}
	defer lock.Close()
	if used(target) {
		return target, nil
	}
	say("building the local Temporal server: once, for this version; on two cores it takes about five minutes the first time")
	began := time.Now()
	unfinished := target + ".unfinished"
	defer os.Remove(unfinished)
	if err := build(ctx, unfinished); err != nil {
		return "", fmt.Errorf("build the local Temporal: %w", err)
	}
	if err := os.Rename(unfinished, target); err != nil {
		return "", fmt.Errorf("keep the local Temporal: %w", err)
	}
	say("built the local Temporal (%s)", time.Since(began).Round(time.Second))
	removeOldBuilds(cache)
	return target, nil
}

// used reports whether the program is there, and notes that it is wanted.
func used(path string) bool {
	now := time.Now()
	return os.Chtimes(path, now, now) == nil
}

func removeOldBuilds(cache string) {
	builds, err := filepath.Glob(filepath.Join(cache, "temporal-*"))
	if err != nil {
		return
	}
	for _, build := range builds {
		if info, err := os.Stat(build); err == nil && time.Since(info.ModTime()) > buildsKept {
			_ = os.Remove(build)
		}
	}
}

// ownVersion is the released version of Mixtape that this program contains, else the latest.
func ownVersion() string {
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, candidate := range append([]*debug.Module{&info.Main}, info.Deps...) {
			if candidate.Path == module && strings.HasPrefix(candidate.Version, "v") {
				return candidate.Version
			}
		}
	}
	return "latest"
}

func plainLetter(r rune) rune {
	if strings.ContainsRune("/\\+ ", r) {
		return '-'
	}
	return r
}

func installTemporal(ctx context.Context, target, version string, say printer) error {
	folder, err := os.MkdirTemp(filepath.Dir(target), "install-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	if err := runGo(ctx, folder, say, "install", "-v", "-ldflags=-s -w", temporalModule+"@"+version); err != nil {
		return err
	}
	return os.Rename(filepath.Join(folder, "temporal"), target)
}

// runGo runs the go command, telling now and then how far it is: it names each package that it has compiled.
func runGo(ctx context.Context, folder string, say printer, arguments ...string) error {
	if _, err := exec.LookPath("go"); err != nil {
		return fmt.Errorf("the go command is needed for it: %w", err)
	}
	cmd := exec.CommandContext(ctx, "go", arguments...)
	cmd.Dir = folder
	// A workspace file of somebody else's must not come in between.
	cmd.Env = append(os.Environ(), "GOWORK=off", "GOBIN="+folder)
	output, err := cmd.StderrPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	var packages atomic.Int64
	finished := make(chan struct{})
	go tellProgress(&packages, finished, say)
	complaints := readBuild(output, &packages)
	close(finished)
	if err := cmd.Wait(); err != nil {
		return fmt.Errorf("go %s: %w\n%s", arguments[0], err, indent(complaints))
	}
	return nil
}

func tellProgress(packages *atomic.Int64, finished <-chan struct{}, say printer) {
	began := time.Now()
	ticker := time.NewTicker(15 * time.Second)
	defer ticker.Stop()
	for {
		select {
		case <-finished:
			return
		case <-ticker.C:
			say("  %s: %d packages compiled", time.Since(began).Round(time.Second), packages.Load())
		}
	}
}

// readBuild counts package names, which have no spaces, and keeps the last of everything else.
func readBuild(output io.Reader, packages *atomic.Int64) []string {
	const kept = 30
	var others []string
	lines := bufio.NewScanner(output)
	for lines.Scan() {
		if !strings.ContainsRune(lines.Text(), ' ') {
			packages.Add(1)
			continue
		}
		others = append(others, lines.Text())
		others = others[max(0, len(others)-kept):]
	}
	_, _ = io.Copy(io.Discard, output) // a line too long to scan must not block the build
	return others
}
