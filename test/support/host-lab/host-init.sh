# First process of a host, in namespaces of its own: makes the host's disk its root.
# Arguments: the disk, the host's name, a file that no one can execute, the Node program of the tests, then
# directories of the machine to show.
set -eu
root=$1
name=$2
plain=$3
node=$4
shift 4
read -r pid _ </proc/self/stat

hostname "$name"
cd "$root"
rm -rf run
mkdir -p dev etc proc root/.ssh run sys tmp usr/local mnt/machine var/lib var/log var/tmp \
  usr-local/bin usr-local/sbin usr-local/lib
chmod 700 root root/.ssh
chmod 1777 tmp var/tmp

mount --bind -o ro /usr usr
# A host's administrator can write here, and nothing of the machine's is in it.
mount --bind usr-local usr/local
for link in bin sbin lib lib32 lib64 libx32; do
  if [ -L "/$link" ]; then
    [ -L "$link" ] || ln -s "$(readlink "/$link")" "$link"
  elif [ -d "/$link" ]; then
    mkdir -p "$link"
    mount --bind -o ro "/$link" "$link"
  fi
done
# Control plane nodes have no Node. What stands in for the kubelet and its containers gets one of its own, off the
# search path, before the machine's may be hidden.
mkdir -p opt/lab
: >opt/lab/node
mount --bind -o ro "$node" opt/lab/node
for program in node nodejs npm npx corepack; do
  for directory in usr/bin usr/sbin bin sbin; do
    [ -L "$directory" ] || [ ! -e "$directory/$program" ] || mount --bind "$plain" "$directory/$program"
  done
done
for directory in "$@"; do
  mkdir -p ".$directory"
  mount --bind -o ro "$directory" ".$directory"
done
for entry in alternatives ld.so.cache ld.so.conf ld.so.conf.d; do
  [ ! -e "/etc/$entry" ] || [ -e "etc/$entry" ] || cp -r "/etc/$entry" "etc/$entry"
done

mount -t proc proc proc
mount -t sysfs -o ro sysfs sys
mount -t tmpfs -o mode=755,size=1m tmpfs dev
for device in null zero full random urandom tty; do
  : >"dev/$device"
  mount --bind "/dev/$device" "dev/$device"
done
mkdir dev/pts dev/shm run/sshd
chmod 1777 dev/shm
mount -t devpts -o newinstance,ptmxmode=0666,mode=620 devpts dev/pts
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd
ln -s fd/0 dev/stdin
ln -s fd/1 dev/stdout
ln -s fd/2 dev/stderr

pivot_root . mnt/machine
cd /
umount -l /mnt/machine
ip link set lo up
echo "ready $pid"
# The first process adopts every orphan of its namespace and has to reap it.
sleep infinity &
wait
