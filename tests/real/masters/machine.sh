#!/bin/bash
# The first process of a machine: its file systems, then its user data once, then nothing but taking in orphans.
# IMAGE: what the image has that this host has not; DISK: the folder of this machine's own files; NAME: its name.
set -euo pipefail

exec 3>"$DISK/state" # the folder is out of sight once /tmp is the machine's
say() {
    echo "$1" >&3
}
trap 'say "failed: line $LINENO"' ERR

# The host's folders, the image's above, what this machine writes above all.
layers() {
    for folder in etc home opt root srv usr var; do
        mkdir -p "$DISK/files/$folder" "$DISK/work/$folder" "$IMAGE/$folder"
        mount -t overlay overlay -o "lowerdir=$IMAGE/$folder:/$folder,upperdir=$DISK/files/$folder,workdir=$DISK/work/$folder" "/$folder"
    done
    for folder in containerd kubelet; do # no overlay lies on an overlay
        mkdir -p "$DISK/$folder" "/var/lib/$folder"
        mount --bind "$DISK/$folder" "/var/lib/$folder"
    done
    mount --make-shared /var/lib/kubelet
}

devices() {
    mount -t tmpfs -o mode=755 dev "$DISK/dev"
    for node in null zero full random urandom tty kmsg fuse; do
        [ ! -e "/dev/$node" ] || cp -a "/dev/$node" "$DISK/dev/$node"
    done
    mkdir -p "$DISK/dev/pts" "$DISK/dev/shm" "$DISK/dev/mqueue" "$DISK/dev/disk/by-id"
    ln -s pts/ptmx "$DISK/dev/ptmx"
    ln -s /proc/self/fd "$DISK/dev/fd"
    mount --move "$DISK/dev" /dev
    mount -t devpts -o newinstance,ptmxmode=0666,mode=620 devpts /dev/pts
    mount -t tmpfs shm /dev/shm
    mount -t mqueue mqueue /dev/mqueue
}

groups() {
    hierarchies=$(sed -n 's/^[0-9]*:\([^:]\+\):.*/\1/p' /proc/self/cgroup)
    umount -R /sys
    mount -t sysfs sysfs /sys
    mount -t tmpfs -o mode=755 cgroup /sys/fs/cgroup
    for h in $hierarchies; do
        mkdir -p "/sys/fs/cgroup/${h#name=}"
        mount -t cgroup -o "${h/#name=/none,name=}" cgroup "/sys/fs/cgroup/${h#name=}"
    done
}

# What kubelet would set for the whole kernel stands in files that are this machine's.
kernel() {
    while read -r name value; do
        [ -e "/proc/sys/$name" ] || continue
        mkdir -p "/run/kernel/${name%/*}"
        echo "$value" >"/run/kernel/$name"
        mount --bind "/run/kernel/$name" "/proc/sys/$name"
    done <<'END'
vm/overcommit_memory 1
vm/panic_on_oom 0
kernel/panic 10
kernel/panic_on_oops 1
kernel/keys/root_maxkeys 1000000
kernel/keys/root_maxbytes 25000000
END
}

hostname "$NAME"
mkdir -p "$DISK/dev"
layers
devices
groups
install -D -m 700 "$DISK/user-data" /var/lib/cloud/instance/user-data.txt
mount -t tmpfs -o mode=755 run /run
mount -t tmpfs tmp /tmp
kernel
echo 1 >/proc/sys/net/ipv4/ip_forward
until curl -sf -o /dev/null -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 60' http://169.254.169.254/latest/api/token; do sleep 0.1; done
say booting
trap - ERR
if (cd / && env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root /var/lib/cloud/instance/user-data.txt) >/var/log/cloud-init-output.log 2>&1 </dev/null 3>&-; then
    say booted
else
    say "failed: the user data ended with $?"
fi
while :; do
    sleep 3600 &
    wait $! || true
done
