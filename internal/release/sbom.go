package main

import (
	"crypto/sha256"
	"debug/buildinfo"
	"encoding/json"
	"fmt"
	"os"
	"time"
)

// component is a part of a CycloneDX 1.5 document.
type component struct {
	Type    string `json:"type"`
	Ref     string `json:"bom-ref"`
	Name    string `json:"name"`
	Version string `json:"version"`
	PURL    string `json:"purl,omitempty"`
	Hashes  []hash `json:"hashes,omitempty"`
}

type hash struct {
	Algorithm string `json:"alg"`
	Content   string `json:"content"`
}

// writeSBOM writes the modules that a binary is made of, as the binary itself records them,
// as CycloneDX 1.5.
func (r *release) writeSBOM(name, path string, binary []byte) error {
	info, err := buildinfo.ReadFile(path)
	if err != nil {
		return err
	}
	sum := sha256.Sum256(binary)
	program := component{Type: "application", Ref: "beacon", Name: "beacon", Version: r.version, Hashes: []hash{{"SHA-256", fmt.Sprintf("%x", sum)}}}
	module := func(path, version string) component {
		purl := "pkg:golang/" + path + "@" + version
		return component{Type: "library", Ref: purl, Name: path, Version: version, PURL: purl}
	}
	parts := []component{module("std", info.GoVersion)}
	for _, m := range info.Deps {
		if m.Replace != nil {
			m = m.Replace
		}
		parts = append(parts, module(m.Path, m.Version))
	}
	text, err := json.MarshalIndent(map[string]any{
		"bomFormat": "CycloneDX", "specVersion": "1.5", "version": 1,
		// A UUID (RFC 9562, version 8) of the binary: the same for the same bytes.
		"serialNumber": "urn:uuid:" + uuid8(sum[:16]),
		"metadata":     map[string]any{"timestamp": r.date.Format(time.RFC3339), "component": program},
		"components":   parts,
	}, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(name, append(text, '\n'), 0o644)
}

// uuid8 writes 16 bytes as a UUID of version 8.
func uuid8(b []byte) string {
	u := append([]byte(nil), b...)
	u[6], u[8] = u[6]&0x0f|0x80, u[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", u[:4], u[4:6], u[6:8], u[8:10], u[10:])
}
