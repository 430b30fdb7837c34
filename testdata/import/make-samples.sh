#!/bin/bash
# Makes the samples beside this file again, with real etcd and the tools whose backups they are. See README.md.
#
#   ETCD      directory with etcd, etcdctl and etcdutl 3.5
#   TOOLS     directory with etcdbrctl, k3s-zip, talos-sample, age, age-keygen and, if it could be built,
#             etcd-manager-sample (README.md says from what each is built)
#
# Everything runs on the loopback address and in one temporary directory.
set -euo pipefail
cd "$(dirname "$0")"
: "${ETCD:?}" "${TOOLS:?}"
work=$(mktemp -d)
pids=()
trap 'kill "${pids[@]}" 2>/dev/null || true; wait || true; rm -rf "$work"' EXIT
client=http://127.0.0.1:${CLIENT_PORT:-23791}
peer=http://127.0.0.1:${PEER_PORT:-23801}
export ETCDCTL_API=3 HOME=$work
ctl() { "$ETCD/etcdctl" --endpoints "$client" "$@"; }

"$ETCD/etcd" --name cp1 --data-dir "$work/data" --listen-client-urls "$client" --advertise-client-urls "$client" \
  --listen-peer-urls "$peer" --initial-advertise-peer-urls "$peer" --initial-cluster "cp1=$peer" \
  --snapshot-count 100 >"$work/etcd.log" 2>&1 &
etcd_pid=$!
pids+=("$etcd_pid")
until ctl endpoint health >/dev/null 2>&1; do kill -0 "$etcd_pid"; read -rt 0.2 <> <(:) || true; done

fill() { # fill NAME COUNT: puts, overwrites, a deletion, a transaction, a key with a lease
  for ((i = 0; i < $2; i++)); do ctl put "/registry/configmaps/$1/$i" "$1 $i" >/dev/null; done
  ctl put "/registry/configmaps/$1/0" "$1 again" >/dev/null
  ctl del "/registry/configmaps/$1/1" >/dev/null
  printf 'version("/registry/configmaps/%s/0") > "0"\n\nput /registry/a/%s "1\\n\\"x\\""\nput /registry/b/%s 2\ndel /registry/configmaps/%s/2\n\n\n' \
    "$1" "$1" "$1" "$1" | ctl txn >/dev/null
  lease=$(ctl lease grant 86400 | cut -d' ' -f2)
  ctl put "/registry/leases/$1" held --lease "$lease" >/dev/null
}
expected() { # expected DIR: what the cluster says of itself now
  ctl endpoint hashkv -w json | sed 's/.*"hash":\([0-9]*\).*"compact_revision":\(-\?[0-9]*\).*/{"hashKv":\1,"compactRevision":\2,/' >"$1/expected.json"
  ctl get / --prefix --keys-only -w json | sed 's/.*"revision":\([0-9]*\).*"count":\([0-9]*\).*/"revision":\1,"keys":\2}/' >>"$1/expected.json"
}

rm -rf snapshot compressed sealed kops k3s openshift talos-backup gardener data-dir
mkdir -p snapshot compressed sealed k3s openshift talos-backup gardener data-dir

# Gardener: etcdbrctl itself. A full snapshot, then deltas once a second while keys change.
fill before 6
gardener() { # gardener POLICY DIR
  "$TOOLS/etcdbrctl" snapshot --storage-provider Local --store-container store --store-prefix "$2" \
    --endpoints "$client" --service-endpoints "$client" --insecure-transport --schedule '0 0 1 1 *' \
    --delta-snapshot-period 1s --garbage-collection-period 1h --compress-snapshots="$3" --compression-policy "$1" \
    >"$work/brctl-$2.log" 2>&1 &
  pids+=("$!")
  brctl_pid=$!
}
deltas() { ls "$work/store/$1/v2" 2>/dev/null | grep -c '^Incr' || true; }
wait_for_deltas() { # wait_for_deltas DIR COUNT
  for ((n = 0; n < 300; n++)); do
    [ "$(deltas "$1")" -ge "$2" ] && return
    read -rt 0.2 <> <(:) || true
  done
  find "$work/store"; head -60 "$work/brctl-$1.log"; exit 1
}
for policy in none gzip zlib lzw; do
  if [ "$policy" = none ]; then gardener gzip "$policy" false; else gardener "$policy" "$policy" true; fi
  for ((n = 0; n < 300; n++)); do
    grep -q 'Successfully saved full snapshot' "$work/brctl-$policy.log" && break
    read -rt 0.2 <> <(:) || true
  done
  fill "$policy-one" 4; wait_for_deltas "$policy" 1
  fill "$policy-two" 3; wait_for_deltas "$policy" 2
  read -rt 2.5 <> <(:) || true
  kill "$brctl_pid"; wait "$brctl_pid" || true
  mkdir -p "gardener/$policy"; cp -r "$work/store/$policy/v2" "gardener/$policy/"
  expected "gardener/$policy"
done
# What Gardener's own restore makes of one of them: its keys with their revisions, as etcdctl prints them.
mkdir -p "$work/store/own"; cp -r gardener/gzip/v2 "$work/store/own/v2"
"$TOOLS/etcdbrctl" restore --storage-provider Local --store-container store --store-prefix own \
  --data-dir "$work/own" --name default --initial-cluster "default=http://127.0.0.1:1" \
  --initial-advertise-peer-urls "http://127.0.0.1:1" >"$work/restore.log" 2>&1 || { cat "$work/restore.log"; exit 1; }
own=http://127.0.0.1:$((${CLIENT_PORT:-23791} + 5))
"$ETCD/etcd" --data-dir "$work/own" --force-new-cluster --listen-client-urls "$own" --advertise-client-urls "$own" \
  --listen-peer-urls "http://127.0.0.1:$((${PEER_PORT:-23801} + 5))" >"$work/own.log" 2>&1 &
pids+=("$!")
until "$ETCD/etcdctl" --endpoints "$own" endpoint health >/dev/null 2>&1; do read -rt 0.2 <> <(:) || true; done
"$ETCD/etcdctl" --endpoints "$own" get / --prefix -w json >gardener/gzip/own-restore.json

# A snapshot, and what people do with one.
fill after 3
ctl snapshot save "$work/snapshot.db" >/dev/null 2>&1
cp "$work/snapshot.db" snapshot/snapshot.db
expected snapshot
cd "$work"
gzip -9nk snapshot.db; zstd -q19 snapshot.db; xz -k snapshot.db; zip -qX9 snapshot.zip snapshot.db
tar -czf snapshot.tar.gz snapshot.db
cd - >/dev/null
cp "$work"/snapshot.db.gz "$work"/snapshot.db.zst "$work"/snapshot.db.xz "$work"/snapshot.zip "$work"/snapshot.tar.gz compressed/

# age's own program: to a recipient, armored, and with a passphrase (typed into a terminal that script provides).
"$TOOLS/age-keygen" -o sealed/identity.txt 2>/dev/null
"$TOOLS/age-keygen" -o sealed/other-identity.txt 2>/dev/null
recipient=$("$TOOLS/age-keygen" -y sealed/identity.txt)
"$TOOLS/age" -r "$recipient" -o sealed/snapshot.db.gz.age "$work/snapshot.db.gz"
"$TOOLS/age" -a -r "$recipient" -o sealed/snapshot.db.gz.asc "$work/snapshot.db.gz"
printf 'correct horse\ncorrect horse\n' | script -qec "$TOOLS/age -p -o sealed/snapshot.db.gz.passphrase.age $work/snapshot.db.gz" /dev/null >/dev/null
printf 'correct horse\n' >sealed/passphrase.txt

# talos-backup's own packages: zstd, then age.
cp "$work/snapshot.db" "$work/talos-2026-11-22T10:00:00Z.snap"
"$TOOLS/talos-sample" "$work/talos-2026-11-22T10:00:00Z.snap" "$recipient" >/dev/null
cp "$work"/talos-*.snap.zst.age "talos-backup/talos-2026-11-22T10_00_00Z.snap.zst.age"
cp sealed/identity.txt talos-backup/

# k3s: the zip by its calls of archive/zip, metadata where it keeps it.
mkdir -p k3s/snapshots k3s/.metadata
name=etcd-snapshot-cp1-1795341600
cp "$work/snapshot.db" "$work/$name"
"$TOOLS/k3s-zip" "$work/$name" "k3s/snapshots/$name.zip"
echo '{"clusterID":"c-m-abc","description":"nightly"}' >"k3s/.metadata/$name.zip"

# kops: etcd-manager's own code where it can be built, else its layout.
if [ -x "$TOOLS/etcd-manager-sample" ]; then
  "$TOOLS/etcd-manager-sample" "$PWD/kops" "$client" "$("$ETCD/etcd" --version | sed -n 's/etcd Version: //p')" >/dev/null
else
  mkdir -p kops/2026-11-22T10_00_00Z-000001
  gzip -nc "$work/snapshot.db" >kops/2026-11-22T10_00_00Z-000001/etcd.backup.gz
  printf '{\n  "etcdVersion":  "3.5.16",\n  "timestamp":  "1795341600",\n  "clusterSpec":  {\n    "memberCount":  1,\n    "etcdVersion":  "3.5.16"\n  }\n}' \
    >kops/2026-11-22T10_00_00Z-000001/_etcd_backup.meta
fi

# OpenShift: the tar call of cluster-backup.sh over directories named as there.
mkdir -p "$work/kubernetes/static-pod-resources/"{etcd-pod-7,kube-apiserver-pod-12/secrets/etcd-client}
echo 'kind: Pod' >"$work/kubernetes/static-pod-resources/etcd-pod-7/etcd-pod.yaml"
echo 'kind: Pod' >"$work/kubernetes/static-pod-resources/kube-apiserver-pod-12/kube-apiserver-pod.yaml"
echo 'none' >"$work/kubernetes/static-pod-resources/kube-apiserver-pod-12/secrets/etcd-client/tls.key"
cp "$work/snapshot.db" openshift/snapshot_2026-11-22_100000.db
tar -cpzf openshift/static_kuberesources_2026-11-22_100000.tar.gz -C "$work/kubernetes" \
  static-pod-resources/etcd-pod-7 static-pod-resources/kube-apiserver-pod-12

# A data dir, copied after kill -9: the database lags behind the log. The log's empty end is cut off.
fill last 3
expected data-dir
kill -9 "$etcd_pid"; wait "$etcd_pid" || true
mkdir -p data-dir/member/snap data-dir/member/wal
cp "$work"/data/member/snap/db data-dir/member/snap/
cp "$work"/data/member/snap/*.snap data-dir/member/snap/ 2>/dev/null || true
for segment in "$work"/data/member/wal/*.wal; do
  to=data-dir/member/wal/$(basename "$segment"); cp "$segment" "$to"
  python3 - "$to" <<'PY'
import sys
path = sys.argv[1]
data = open(path, 'rb').read().rstrip(b'\0')
open(path, 'wb').write(data + b'\0' * (-len(data) % 512))
PY
done
gzip -9nf data-dir/member/wal/*.wal data-dir/member/snap/db
du -sh ./*
