package manual

import (
	"embed"
	"strings"

	"github.com/spf13/cobra"
)

// The topics: a title, a blank line, and the text.
//
//go:embed topics/*.txt
var topicFiles embed.FS

// Topics returns a command for each topic, which help TOPIC prints. further is text to
// follow that of a topic, by its name.
func Topics(further map[string]string) (topics []*cobra.Command) {
	files, err := topicFiles.ReadDir("topics")
	if err != nil {
		panic(err) // they are embedded
	}
	for _, file := range files {
		text, err := topicFiles.ReadFile("topics/" + file.Name())
		if err != nil {
			panic(err)
		}
		name := strings.TrimSuffix(file.Name(), ".txt")
		title, body, _ := strings.Cut(string(text), "\n\n")
		topics = append(topics, &cobra.Command{Use: name, Short: title, Long: strings.TrimRight(body, "\n") + "\n\n" + further[name]})
	}
	return topics
}
