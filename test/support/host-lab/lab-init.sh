# First process of a lab, in namespaces of its own: the wire between the hosts, and their disks.
# Arguments: the lab's directory, the bastion's address with its prefix length, then NAME:BYTES of every disk.
set -eu
lab=$1
address=$2
shift 2

ip link set lo up
# An address of its own: one taken from the hosts' interfaces would change with them, and flush the neighbours.
ip link add name wire address 02:00:0a:58:00:01 type bridge
ip address add "$address" dev wire
ip link set wire up

# In memory and in this mount namespace: they outlive a host that is switched off, and go with the lab.
for disk in "$@"; do
  mkdir -p "$lab/${disk%:*}"
  mount -t tmpfs -o "mode=755,size=${disk##*:}" tmpfs "$lab/${disk%:*}"
done

# What runs on the bastion resolves the hosts and reaches them with a plain `ssh cp1`.
mount --bind "$lab/etc/hosts" /etc/hosts
mount --bind "$lab/ssh/config" /etc/ssh/ssh_config

# Read by this shell itself, so it is this process that `self` names, as the outside counts.
read -r pid _ </proc/self/stat
echo "ready $pid"
# The first process adopts every orphan of its namespace and has to reap it.
sleep infinity &
wait
