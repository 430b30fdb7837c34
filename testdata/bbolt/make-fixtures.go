// Makes the databases in this folder: go run make-fixtures.go DIRECTORY, in a module that requires go.etcd.io/bbolt.
package main

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	bolt "go.etcd.io/bbolt"
)

type node struct {
	Sequence uint64            `json:"sequence"`
	Rows     map[string]string `json:"rows"`
	Buckets  map[string]*node  `json:"buckets"`
}

func main() {
	root := os.Args[1]
	nested(filepath.Join(root, "nested"))
	freelist(filepath.Join(root, "synced-freelist"))
	compacted(filepath.Join(root, "synced-freelist"), filepath.Join(root, "compacted"))
}

func open(dir string, name string) *bolt.DB {
	must(os.MkdirAll(dir, 0o755))
	path := filepath.Join(dir, name)
	os.Remove(path)
	db, err := bolt.Open(path, 0o644, &bolt.Options{PageSize: 1024, InitialMmapSize: 1 << 20})
	must(err)
	db.AllocSize = 1024
	return db
}

// Three levels of buckets: inline, on one page, on a tree; a bucket beside plain keys; sequences; long values.
func nested(dir string) {
	db := open(dir, "database.db")
	must(db.Update(func(tx *bolt.Tx) error {
		plain := bucket(tx.CreateBucketIfNotExists, "plain")
		must(plain.Put([]byte("only"), []byte("row")))
		tree := bucket(tx.CreateBucketIfNotExists, "tree")
		must(tree.SetSequence(7))
		for i := 0; i < 300; i++ {
			must(tree.Put([]byte(fmt.Sprintf("row-%04d", i)), []byte(fmt.Sprintf("value %d", i*i))))
		}
		must(tree.Put([]byte("row-0150-long"), make([]byte, 5000)))
		for i := 0; i < 3; i++ {
			child := bucket(tree.CreateBucketIfNotExists, fmt.Sprintf("row-01%d0-child", i))
			must(child.SetSequence(uint64(1) << (60 + i)))
			for k := 0; k < 1+i*i*40; k++ {
				must(child.Put([]byte(fmt.Sprintf("k%03d", k)), []byte{byte(i), byte(k)}))
			}
			grandchild := bucket(child.CreateBucketIfNotExists, "grandchild")
			must(grandchild.Put([]byte("deep"), []byte("down")))
			bucket(grandchild.CreateBucketIfNotExists, "empty")
		}
		return nil
	}))
	finish(db, dir)
}

// Several transactions with deletions and overwrites, so that the stored freelist has many runs.
func freelist(dir string) {
	db := open(dir, "database.db")
	for round := 0; round < 6; round++ {
		must(db.Update(func(tx *bolt.Tx) error {
			key := bucket(tx.CreateBucketIfNotExists, "key")
			for i := 0; i < 120; i++ {
				name := []byte(fmt.Sprintf("key-%04d", (i*37+round*11)%240))
				if (i+round)%3 == 0 {
					must(key.Delete(name))
				} else {
					must(key.Put(name, make([]byte, (i*i*7+round)%90)))
				}
			}
			return nil
		}))
	}
	must(db.Update(func(tx *bolt.Tx) error {
		key := tx.Bucket([]byte("key"))
		for i := 60; i < 180; i++ {
			must(key.Delete([]byte(fmt.Sprintf("key-%04d", i))))
		}
		return nil
	}))
	finish(db, dir)
}

func compacted(source, dir string) {
	from, err := bolt.Open(filepath.Join(source, "database.db"), 0o644, &bolt.Options{ReadOnly: true})
	must(err)
	to := open(dir, "database.db")
	must(bolt.Compact(to, from, 4096))
	must(from.Close())
	finish(to, dir)
}

type creator func([]byte) (*bolt.Bucket, error)

func bucket(create creator, name string) *bolt.Bucket {
	b, err := create([]byte(name))
	must(err)
	return b
}

func finish(db *bolt.DB, dir string) {
	contents := node{Rows: map[string]string{}, Buckets: map[string]*node{}}
	must(db.View(func(tx *bolt.Tx) error {
		return tx.ForEach(func(name []byte, b *bolt.Bucket) error {
			contents.Buckets[hex.EncodeToString(name)] = describe(b)
			return nil
		})
	}))
	must(db.Close())
	text, err := json.MarshalIndent(contents, "", " ")
	must(err)
	must(os.WriteFile(filepath.Join(dir, "contents.json"), append(text, '\n'), 0o644))
}

func describe(b *bolt.Bucket) *node {
	n := &node{Sequence: b.Sequence(), Rows: map[string]string{}, Buckets: map[string]*node{}}
	must(b.ForEach(func(k, v []byte) error {
		if v == nil {
			n.Buckets[hex.EncodeToString(k)] = describe(b.Bucket(k))
		} else {
			n.Rows[hex.EncodeToString(k)] = hex.EncodeToString(v)
		}
		return nil
	}))
	return n
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}
