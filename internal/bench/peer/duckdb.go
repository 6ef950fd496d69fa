package main

import (
	"context"
	"database/sql"
	"fmt"

	_ "github.com/duckdb/duckdb-go/v2"
)

// answer holds what the job finds.
type answer struct {
	Destinations []string
	Sources      []string
	First        []string // of each source, its first time
}

// ask runs statements, the last two of which give the answer, in a database in
// memory. Nothing here asks for the order of the rows, so DuckDB needn't keep it.
func ask(statements []string) (*answer, error) {
	ctx := context.Background()
	db, err := sql.Open("duckdb", fmt.Sprintf("?threads=%d&preserve_insertion_order=false", threads))
	if err != nil {
		return nil, err
	}
	defer db.Close()
	conn, err := db.Conn(ctx)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	last := len(statements) - 2
	for _, statement := range statements[:last] {
		if _, err := conn.ExecContext(ctx, statement); err != nil {
			return nil, err
		}
	}
	a := new(answer)
	err = each(ctx, conn, statements[last], func(rows *sql.Rows) error {
		var destination string
		err := rows.Scan(&destination)
		a.Destinations = append(a.Destinations, destination)
		return err
	})
	if err != nil {
		return nil, err
	}
	return a, each(ctx, conn, statements[last+1], func(rows *sql.Rows) error {
		var source, first string
		err := rows.Scan(&source, &first)
		a.Sources, a.First = append(a.Sources, source), append(a.First, first)
		return err
	})
}

func each(ctx context.Context, conn *sql.Conn, query string, do func(rows *sql.Rows) error) error {
	rows, err := conn.QueryContext(ctx, query)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := do(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}
