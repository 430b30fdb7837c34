// Makes one backup with etcd-manager's own code, as its controller does every quarter of an hour.
package main

import (
	"fmt"
	"os"

	protoetcd "sigs.k8s.io/etcd-manager/pkg/apis/etcd"
	"sigs.k8s.io/etcd-manager/pkg/backup"
	"sigs.k8s.io/etcd-manager/pkg/etcd"
)

func main() {
	storeDir, clientURL, version := os.Args[1], os.Args[2], os.Args[3]
	store, err := backup.NewStore("file://" + storeDir)
	check(err)
	info := &protoetcd.BackupInfo{
		EtcdVersion: version,
		ClusterSpec: &protoetcd.ClusterSpec{MemberCount: 1, EtcdVersion: version},
	}
	response, err := etcd.DoBackup(store, info, "", []string{clientURL}, nil)
	check(err)
	fmt.Println(response.Name)
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}
