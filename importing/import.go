package importing

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/mixtapehq/mixtape/store"
)

// Options say what is imported, and how it is read.
type Options struct {
	Kind    string // profiles, events, consents, suppressions, assignments
	Format  string
	Types   map[string]string // of columns, as the caller says
	Source  string            // of events: what they are known by, as those of a write key by its name
	Again   bool              // also when the file was imported before
	Rejects string            // the file for rows that are not taken

	Declared map[string]string // of attributes, as workspace.yaml has them
	Topics   store.Topics      // as workspace.yaml has them

	Experiment store.ImportedExperiment // of assignments
	Shares     map[string]float64       // of its variants, relative; nil: not known

	// Progress is told how far it has come; nil: nobody asks.
	Progress func(Progress)
	// Failpoint is called at named points of the code; tests stop or kill the process there. Nil in production.
	Failpoint func(point string)
}

// Progress is how far an import has come.
type Progress struct {
	Rows     int64 // in the file
	Done     int64 // of these; the rejected among them
	Rejected int64
}

// Result is what an import came to.
type Result struct {
	Progress
	Began    int64      // rows that were done before it went on
	Finished *time.Time // it was all imported before, then; nothing was done
}

// lotRows and lotBytes bound what one transaction takes: the locks of its people are held that long.
const (
	lotRows  = 5000
	lotBytes = 4 << 20
)

// Run imports a file. One that broke off goes on where it was.
func Run(ctx context.Context, s *store.Store, from *Source, o Options) (Result, error) {
	o.Format = from.Format
	if o.Kind == Events && o.Format != JSONL {
		return Result{}, errors.New("events are imported from JSON lines, a call each; write --format jsonl if that is what the file is")
	}
	if err := known(o.Types); err != nil {
		return Result{}, err
	}
	v, err := from.look()
	if err != nil {
		return Result{}, err
	}
	if err := named(o.Kind, v.header); err != nil {
		return Result{}, fmt.Errorf("%s:1: %w", from.Name, err)
	}
	types, err := columnKinds(o.Kind, v, o)
	if err != nil {
		return Result{}, err
	}
	id := v.id(o.Kind, o)
	target, err := s.BeginImport(ctx, store.ImportFile{ID: id, Kind: o.Kind, Name: from.Name, Source: o.Source, Experiment: o.Experiment}, o.Again)
	if err != nil {
		return Result{}, err
	}
	defer target.Close()
	target.Failpoint = o.Failpoint
	r := &run{
		Options: o, target: target, rows: v.rows,
		reader: rowReader{kind: o.Kind, file: id, types: types, header: v.header, topics: o.Topics, shares: relative(o.Shares)},
	}
	result := Result{Began: target.Done, Finished: target.Finished}
	if target.Finished == nil {
		err = r.all(ctx, from)
	}
	result.Progress = r.progress()
	return result, err
}

// known says which kinds of columns there are.
func known(types map[string]string) error {
	for name, kind := range types {
		if !slices.Contains(Kinds(), kind) {
			return fmt.Errorf("%s cannot be read as %q; write one of %s", name, kind, strings.Join(Kinds(), ", "))
		}
	}
	return nil
}

// named says that a CSV file has no column that says whom its rows are about.
func named(kind string, header []string) error {
	if header == nil || slices.ContainsFunc(header, isID) || kind != Profiles && slices.Contains(header, "email") {
		return nil
	}
	if kind == Profiles {
		return errors.New("no column says whom a row is about; name one id, or anonymous_id")
	}
	return errors.New("no column says whom a row is about; name one id, anonymous_id or email")
}

// run is an import under way.
type run struct {
	Options
	target  *store.Import
	reader  rowReader
	rows    int64
	rejects *rejects
}

func (r *run) progress() Progress {
	return Progress{Rows: r.rows, Done: r.target.Done, Rejected: r.target.Rejected}
}

// all takes the rows that are not done yet. They are read while those before them are written.
func (r *run) all(ctx context.Context, from *Source) (err error) {
	in, err := from.content()
	if err != nil {
		return err
	}
	defer in.Close()
	rows, err := from.rows(in)
	if err != nil {
		return err
	}
	last := 0
	for range r.target.Done {
		done, err := rows.next()
		if err != nil {
			return changed(from, err)
		}
		last = done.line
	}
	if r.rejects, err = openRejects(r.Rejects, last); err != nil {
		return fmt.Errorf("the file for rejected rows: %w", err)
	}
	defer func() { err = errors.Join(err, r.rejects.close()) }()
	lots := make(chan []store.ImportRow, 2)
	group, working := errgroup.WithContext(ctx)
	group.Go(func() error {
		defer close(lots)
		return changed(from, r.read(working, rows, lots))
	})
	group.Go(func() error {
		for lot := range lots {
			if err := r.take(working, lot); err != nil {
				return err
			}
		}
		return nil
	})
	if err := group.Wait(); err != nil {
		return err
	}
	return r.target.Finish(ctx)
}

// changed says of a file that could be read a moment ago that it cannot any more.
func changed(from *Source, err error) error {
	if err == nil || errors.Is(err, context.Canceled) {
		return err
	}
	return fmt.Errorf("%s: it has changed while it was read: %w", from.Name, err)
}

func (r *run) read(ctx context.Context, rows reader, lots chan<- []store.ImportRow) error {
	for over := false; !over; {
		var lot []store.ImportRow
		for bytes := 0; len(lot) < lotRows && bytes < lotBytes; {
			next, err := rows.next()
			if errors.Is(err, io.EOF) {
				over = true
				break
			}
			if err != nil {
				return err
			}
			bytes += len(next.raw)
			for _, c := range next.cells {
				bytes += len(c)
			}
			lot = append(lot, r.reader.read(next))
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case lots <- lot:
		}
	}
	return nil
}

func (r *run) take(ctx context.Context, lot []store.ImportRow) error {
	for len(lot) > 0 {
		n, err := r.target.Take(ctx, lot, r.rejects.keep)
		if err != nil {
			return err
		}
		lot = lot[n:]
		if r.Progress != nil {
			r.Progress(r.progress())
		}
	}
	return nil
}
