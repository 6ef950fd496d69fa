//go:build !unix

package cli

import (
	"io/fs"
	"os"
)

func umask() fs.FileMode { return 0o022 }

func keepOwner(*os.File, fs.FileInfo) {}
