package readflags

import (
	"os"
	"path/filepath"
	"strings"
)

// zoneFolders are where systems keep the time zones.
var zoneFolders = []string{os.Getenv("ZONEINFO"), "/usr/share/zoneinfo", "/usr/lib/zoneinfo", "/usr/share/lib/zoneinfo"}

// Zones returns the names of time zones that complete a word; that of a folder ends in a
// slash.
func Zones(word string) (list []string) {
	folder := word[:strings.LastIndex(word, "/")+1]
	for _, root := range zoneFolders {
		if root == "" || strings.Contains(folder, "..") {
			continue
		}
		entries, _ := os.ReadDir(filepath.Join(root, folder))
		for _, e := range entries {
			name := e.Name()
			switch {
			case name[0] < 'A' || name[0] > 'Z' || strings.Contains(name, "."):
			case e.IsDir():
				list = append(list, folder+name+"/")
			default:
				list = append(list, folder+name)
			}
		}
		if len(list) > 0 {
			return list
		}
	}
	return list
}
