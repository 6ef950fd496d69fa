package cli_test

import (
	"os"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"beacon/internal/cli"
)

func TestMain(m *testing.M) {
	if os.Getenv("BEACON_TEST_MAIN") != "" { // the test binary is beacon itself
		os.Exit(cli.Main(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
	}
	testscript.Main(m, map[string]func(){
		"beacon":  func() { os.Exit(cli.Main(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) },
		"minutes": func() { os.Exit(minutes(os.Args[1:])) },
		"mmdb":    func() { os.Exit(writeDatabase(os.Args[1:])) },
	})
}

// Each txtar file in testdata/script is one behaviour of the command line.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:           "testdata/script",
		UpdateScripts: *update,
		Setup: func(env *testscript.Env) error {
			root, err := os.Getwd()
			env.Setenv("ROOT", root+"/../..")
			env.Setenv("XDG_CONFIG_HOME", env.WorkDir+"/config")
			env.Setenv("TMPDIR", env.WorkDir)
			return err
		},
	})
}
