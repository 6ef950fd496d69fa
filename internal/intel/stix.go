package intel

import (
	"encoding/json"
	"errors"
	"regexp"
	"slices"
	"strings"
	"time"
)

// stixObject holds what is read of an object of a STIX 2 bundle.
type stixObject struct {
	Type        string   `json:"type"`
	ID          string   `json:"id"`
	Name        string   `json:"name"`
	Author      string   `json:"created_by_ref"`
	Pattern     string   `json:"pattern"`
	PatternType string   `json:"pattern_type"`
	Revoked     bool     `json:"revoked"`
	ValidUntil  string   `json:"valid_until"`
	Types       []string `json:"indicator_types"`
}

// errSTIX is that JSON is no bundle.
var errSTIX = errors.New("is JSON, but no STIX 2.1 bundle")

// stix reads the indicators of a bundle, or of a list of objects.
func (r *reader) stix(text []byte) error {
	var bundle struct {
		Type    string       `json:"type"`
		Objects []stixObject `json:"objects"`
	}
	if text[0] == '[' {
		if err := json.Unmarshal(text, &bundle.Objects); err != nil {
			return errSTIX
		}
	} else if err := json.Unmarshal(text, &bundle); err != nil || bundle.Type != "bundle" {
		return errSTIX
	}
	authors := map[string]string{}
	for _, o := range bundle.Objects {
		if o.Type == "identity" {
			authors[o.ID] = o.Name
		}
	}
	for _, o := range bundle.Objects {
		if o.Type != "indicator" {
			continue
		}
		until, err := time.Parse(time.RFC3339, o.ValidUntil)
		if o.Revoked || err == nil && !r.now.Before(until) || slices.Contains(o.Types, "benign") {
			r.counts.Expired++
			continue
		}
		in := indicator{}
		in.Source, in.Text = authors[o.Author], o.Name
		if o.PatternType != "" && o.PatternType != "stix" || !r.pattern(o.Pattern, in) {
			r.counts.Other++
		}
	}
	return nil
}

var (
	// stixAnd matches what makes a pattern more than a list of alternatives.
	stixAnd = regexp.MustCompile(`(?i)\b(AND|NOT|FOLLOWEDBY|MATCHES|WITHIN|REPEATS)\b|!=|[<>]`)
	// stixTest matches one comparison, or a list of values.
	stixTest = regexp.MustCompile(`(?i)(ipv4-addr:value|ipv6-addr:value|domain-name:value|network-traffic:dst_ref\.value)\s*(=|ISSUBSET|LIKE|IN)\s*(\((?:[^)']|'[^']*')*\)|'[^']*')`)
	// stixText matches a text.
	stixText = regexp.MustCompile(`'([^']*)'`)
)

// pattern adds what a pattern compares addresses and domains with, if it is a list of
// alternatives. It returns false if it adds nothing.
func (r *reader) pattern(pattern string, in indicator) bool {
	if stixAnd.MatchString(stixText.ReplaceAllString(pattern, "")) {
		return false
	}
	added := false
	for _, test := range stixTest.FindAllStringSubmatch(pattern, -1) {
		for _, text := range stixText.FindAllStringSubmatch(test[3], -1) {
			value, one := text[1], in
			one.exact = strings.HasPrefix(test[1], "domain-name") // '=' is the name alone
			if strings.EqualFold(test[2], "LIKE") {
				below, ok := strings.CutPrefix(value, "%.")
				if !ok || strings.ContainsAny(below, "%_") {
					continue
				}
				value, one.exact = "*."+below, false
			}
			other := r.counts.Other
			added = r.add(value, one) || added
			r.counts.Other = other // the pattern counts once
		}
	}
	return added
}
