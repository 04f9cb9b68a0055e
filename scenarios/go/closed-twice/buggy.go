// SPDX-License-Identifier: Apache-2.0
package main

/*
#cgo LDFLAGS: -lnotebook
#include <stdlib.h>
#include <notebook.h>
*/
import "C"

import (
	"fmt"
	"unsafe"
)

type notebook struct {
	book *C.notebook
}

func open(title string) *notebook {
	text := C.CString(title)
	defer C.free(unsafe.Pointer(text))
	return &notebook{C.notebook_open(text)}
}

func (n *notebook) close() {
	C.notebook_close(n.book)
}

func show(book *notebook) {
	fmt.Println(C.GoString(C.notebook_title(book.book)))
	book.close()
}

func main() {
	book := open("monday")
	defer book.close()
	show(book)
}
