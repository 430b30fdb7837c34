// Compresses a snapshot and encrypts it to an age recipient with talos-backup's own code.
package main

import (
	"fmt"
	"os"

	"github.com/siderolabs/talos-backup/pkg/compression"
	"github.com/siderolabs/talos-backup/pkg/encryption"
)

func main() {
	compressed, err := compression.CompressFile(os.Args[1])
	check(err)
	encrypted, err := encryption.EncryptFile(compressed, os.Args[2])
	check(err)
	fmt.Println(encrypted)
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}
