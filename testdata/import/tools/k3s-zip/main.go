// Zips a snapshot by the calls of archive/zip that k3s makes for etcd-snapshot-compress: a header from the file's
// info, the snapshot's name, deflate, the present time.
package main

import (
	"archive/zip"
	"io"
	"os"
	"path/filepath"
	"time"
)

func main() {
	from, to := os.Args[1], os.Args[2]
	in, err := os.Open(from)
	check(err)
	out, err := os.Create(to)
	check(err)
	info, err := in.Stat()
	check(err)
	header, err := zip.FileInfoHeader(info)
	check(err)
	header.Name = filepath.Base(from)
	header.Method = zip.Deflate
	header.Modified = time.Now().Round(time.Second)
	archive := zip.NewWriter(out)
	entry, err := archive.CreateHeader(header)
	check(err)
	_, err = io.Copy(entry, in)
	check(err)
	check(archive.Close())
	check(out.Close())
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}
