package flowlog

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"beacon/internal/flowlog/stored"
)

// stdinName is what standard input is called on the command line.
const stdinName = "-"

// expand turns arguments into inputs: a file is itself, a directory its files
// in name order, below it too; a pattern that is no file its matches in name
// order; - standard input. skipped says what of the directories is no input.
func expand(args []string, stdin io.Reader, opt *Options) (inputs []*Input, skipped []error, err error) {
	for _, arg := range args {
		if arg == stdinName {
			if slices.ContainsFunc(inputs, func(in *Input) bool { return in.path == "" }) {
				return nil, nil, errors.New("standard input can be read once only: - stands twice")
			}
			inputs = append(inputs, &Input{Name: "standard input", Size: -1, pipe: stored.NewSpool(stdin)})
			continue
		}
		found, passed, err := expandArg(arg, opt)
		if err != nil {
			return nil, nil, err
		}
		inputs, skipped = append(inputs, found...), append(skipped, passed...)
	}
	return inputs, skipped, nil
}

// expandArg turns an argument other than standard input into inputs.
func expandArg(arg string, opt *Options) (inputs []*Input, skipped []error, err error) {
	if opt.Store != nil && opt.Store.Names(arg) {
		found, err := opt.Store.Find(arg, stored.Wanted{From: opt.From, To: opt.To, Back: opt.Back})
		for _, o := range found.Objects {
			if lake := stored.LakeOf(o.URL); lake != nil && found.Listed {
				return nil, nil, &InputError{Input: lake.Path, Err: lake, Hint: lake.Hint()}
			}
			inputs = append(inputs, &Input{Name: o.URL, path: o.URL, object: o.Object, listed: found.Listed})
		}
		return inputs, nil, err
	}
	found, err := expandPath(arg)
	for _, path := range found.paths {
		inputs = append(inputs, &Input{Name: path, path: path, listed: found.listed, regular: found.regular})
	}
	return inputs, found.skipped, err
}

// expansion holds what an argument stands for.
type expansion struct {
	paths   []string
	listed  bool    // they were found in a directory, not named
	regular bool    // they are files, not pipes
	skipped []error // what else is in the directory
}

func expandPath(arg string) (found expansion, err error) {
	info, err := os.Stat(arg)
	if errors.Is(err, fs.ErrNotExist) && strings.ContainsAny(arg, "*?[") {
		found.paths, err = filepath.Glob(arg)
		if err == nil && len(found.paths) == 0 {
			err = fmt.Errorf("no file matches %s", arg)
		}
		return found, err
	}
	if err != nil {
		return found, &InputError{Input: arg, Err: WithoutPath(err)}
	}
	if !info.IsDir() {
		return expansion{paths: []string{arg}, regular: info.Mode().IsRegular()}, nil
	}
	found.listed, found.regular = true, true
	found.paths, err = stored.List(arg, func(path string, err error) {
		found.skipped = append(found.skipped, &InputError{Input: path, Err: WithoutPath(err)})
	})
	var unlisted *fs.PathError
	var lake *stored.LakeError
	if errors.As(err, &unlisted) {
		err = &InputError{Input: unlisted.Path, Err: unlisted.Err}
	} else if errors.As(err, &lake) {
		err = &InputError{Input: lake.Path, Err: lake, Hint: lake.Hint()}
	}
	if err == nil && len(found.paths)+len(found.skipped) == 0 {
		err = &InputError{Input: arg, Err: errors.New("the directory has no file in it")}
	}
	return found, err
}
