package main

/*
#cgo LDFLAGS: -ldl
#include <dlfcn.h>
#include <stddef.h>

typedef struct { void *handle; } *connection;

static connection *(*open_connection)(int, char **);
static void *(*run_query)(connection, const char *, size_t, const char *, size_t);
static void (*drop_result)(void *);
static char *(*result_bytes)(void *);
static size_t (*result_length)(void *);
static const char *(*result_error)(void *);
static connection *opened;

// load opens the library and a database. It returns what is wrong, or NULL.
static const char *load(const char *path, int argc, char **argv) {
  void *library = dlopen(path, RTLD_NOW | RTLD_GLOBAL);
  if (!library) return dlerror();
  open_connection = dlsym(library, "chdb_connect");
  run_query = dlsym(library, "chdb_query_n");
  drop_result = dlsym(library, "chdb_destroy_query_result");
  result_bytes = dlsym(library, "chdb_result_buffer");
  result_length = dlsym(library, "chdb_result_length");
  result_error = dlsym(library, "chdb_result_error");
  void (*handlers)(int) = dlsym(library, "chdb_set_signal_handlers_enabled");
  if (handlers) handlers(0);
  if (!open_connection || !run_query || !drop_result || !result_bytes || !result_length || !result_error) return "it lacks functions of libchdb";
  opened = open_connection(argc, argv);
  return opened ? NULL : "the database can't be opened";
}

static void *query(const char *text, size_t n) { return run_query(*opened, text, n, "Native", 6); }
static void drop(void *r) { drop_result(r); }
static char *bytes(void *r) { return result_bytes(r); }
static size_t length(void *r) { return result_length(r); }
static const char *failure(void *r) { return result_error(r); }
*/
import "C"

import (
	"errors"
	"unsafe"
)

// load opens the library and a database in a folder.
func load(library, folder string) error {
	args := []*C.char{C.CString("clickhouse"), C.CString("--path=" + folder)}
	if wrong := C.load(C.CString(library), C.int(len(args)), &args[0]); wrong != nil {
		return errors.New(library + ": " + C.GoString(wrong))
	}
	return nil
}

// run carries out one statement. The answer is in the format Native.
func run(statement string) ([]byte, error) {
	text := []byte(statement)
	r := C.query((*C.char)(unsafe.Pointer(unsafe.SliceData(text))), C.size_t(len(text)))
	if r == nil {
		return nil, errors.New("no result")
	}
	defer C.drop(r)
	if wrong := C.failure(r); wrong != nil && *wrong != 0 {
		return nil, errors.New(C.GoString(wrong))
	}
	n := C.length(r)
	if n == 0 {
		return nil, nil
	}
	return C.GoBytes(unsafe.Pointer(C.bytes(r)), C.int(n)), nil
}
