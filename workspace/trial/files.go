package trial

import (
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/mixtapehq/mixtape/journey"
)

// maxFile bounds one file of cases.
const maxFile = 4 << 20

// Load reads all cases of a workspace: journeys/<journey>.test.yaml. known are the workspace's journeys.
func Load(fsys fs.FS, known []string) ([]Case, []journey.Problem) {
	files, err := fs.Glob(fsys, "journeys/*.test.yaml")
	if err != nil {
		return nil, nil // the pattern is a good one
	}
	slices.Sort(files)
	var all []Case
	var problems []journey.Problem
	for _, file := range files {
		source, err := read(fsys, file)
		if err != nil {
			problems = append(problems, journey.Problem{File: file, Line: 1, Column: 1, Message: err.Error()})
			continue
		}
		cases, wrong := Read(file, source)
		problems = append(problems, wrong...)
		name := strings.TrimSuffix(path.Base(file), ".test.yaml")
		if len(cases) > 0 && cases[0].Journey != "" && cases[0].Journey != name {
			problems = append(problems, journey.Problem{File: file, Line: 1, Column: 1,
				Message: fmt.Sprintf("the file is named %s and its cases are of %s; write them into journeys/%s.test.yaml", path.Base(file), cases[0].Journey, cases[0].Journey)})
		} else if len(cases) > 0 && !slices.Contains(known, cases[0].Journey) {
			problems = append(problems, journey.Problem{File: file, Line: 1, Column: 1,
				Message: fmt.Sprintf("there is no journey %s; write journeys/%s.yaml, or rename the file of its cases", cases[0].Journey, cases[0].Journey)})
		}
		all = append(all, cases...)
	}
	return all, problems
}

func read(fsys fs.FS, file string) ([]byte, error) {
	info, err := fs.Stat(fsys, file)
	if err != nil {
		return nil, fmt.Errorf("this file cannot be read; write it anew, inside the workspace")
	}
	if !info.Mode().IsRegular() || info.Size() > maxFile {
		return nil, fmt.Errorf("this is no file of at most %d MB; write the cases into several", maxFile>>20)
	}
	return fs.ReadFile(fsys, file)
}
