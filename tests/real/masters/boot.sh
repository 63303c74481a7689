# What a master does when it boots, short of what "Self-managed control planes" will bring: the first line comes from the launch template, which also
# says SLOT, VOLUME, CLUSTER, BUCKET, ENDPOINT and KUBERNETES.
set -euo pipefail
umask 077

work=/run/boot pki=/etc/kubernetes/pki data=/var/lib/etcd
reply=$work/reply
mkdir -p "$work"

say() {
    echo "$(date +%T.%3N) $*"
}

stop() {
    say "boot stops: $*"
    exit 1
}

# ---- who this is ----
metadata() {
    printf 'header = "x-aws-ec2-metadata-token: %s"\n' "$session" | curl -sf --config - "http://169.254.169.254/latest/$1"
}

member() { # of a JSON object on standard input: a text without escapes
    sed -n "s/.*\"$1\" *: *\"\([^\"]*\)\".*/\1/p"
}

identify() {
    local role said
    session=$(curl -sf -X PUT -H 'x-aws-ec2-metadata-token-ttl-seconds: 21600' http://169.254.169.254/latest/api/token)
    INSTANCE=$(metadata meta-data/instance-id)
    ADDRESS=$(metadata meta-data/local-ipv4)
    REGION=$(metadata meta-data/placement/region)
    ZONE=$(metadata meta-data/placement/availability-zone)
    role=$(metadata meta-data/iam/security-credentials/)
    said=$(metadata "meta-data/iam/security-credentials/$role")
    key=$(member AccessKeyId <<<"$said") secret=$(member SecretAccessKey <<<"$said") token=$(member Token <<<"$said")
}

# ---- AWS ----
# A signed request: service, method, url, body, headers of its own. Prints the reply's code; the reply is in $reply. No key is ever an argument of a program.
request() {
    local service=$1 method=$2 url=$3 body=$4 header headers=()
    shift 4
    for header; do headers+=(-H "$header"); done
    [ -z "$body" ] || headers+=(--data-binary "$body")
    {
        printf 'user = "%s:%s"\n' "$key" "$secret"
        printf 'header = "x-amz-security-token: %s"\n' "$token"
    } | curl -s --config - --aws-sigv4 "aws:amz:$REGION:$service" -X "$method" -H "x-amz-content-sha256: $(printf %s "$body" | sha256sum | cut -d' ' -f1)" "${headers[@]}" \
        -o "$reply" -w '%{http_code}' "$url"
}

secret_text() { # name, label: the text of the version that bears it; nothing where none does
    local code
    code=$(request secretsmanager POST "https://secretsmanager.$REGION.amazonaws.com/" "{\"SecretId\":\"$CLUSTER/$1\",\"VersionStage\":\"$2\"}" \
        'content-type: application/x-amz-json-1.1' 'x-amz-target: secretsmanager.GetSecretValue')
    if [ "$code" = 200 ]; then
        printf '%b' "$(sed -n 's/.*"SecretString" *: *"\([^"]*\)".*/\1/p' "$reply")"
    elif [ "$2" = AWSCURRENT ] || ! grep -q ResourceNotFoundException "$reply"; then
        stop "secret $CLUSTER/$1, $2: $code $(cat "$reply")"
    fi
    rm -f "$reply"
}

object() { # method, key, body, headers: the code
    local method=$1 name=$2 body=$3
    shift 3
    request s3 "$method" "https://$BUCKET.s3.$REGION.amazonaws.com/$name" "$body" "$@"
}

once() { # name, value: writes the object if nobody has, and prints what it holds
    until [[ $(object PUT "$1" "$2" 'content-type: text/plain' 'if-none-match: *') =~ ^(200|412)$ ]]; do sleep 1; done
    until [ "$(object GET "$1" '')" = 200 ]; do sleep 1; done
    cat "$reply"
}

exists() {
    [ "$(object GET "$1" '')" = 200 ]
}

# ---- the volume ----
blank() {
    local size
    size=$(blockdev --getsize64 "$1")
    cmp -s -n 1048576 "$1" /dev/zero && cmp -s -n 1048576 -i "$((size - 1048576)):0" "$1" /dev/zero
}

attach() {
    local device=/dev/disk/by-id/nvme-Amazon_Elastic_Block_Store_${VOLUME/-/} last=$((SECONDS + 1200)) code
    until [ -b "$device" ]; do
        [ $SECONDS -lt $last ] || stop "volume $VOLUME does not come: $(cat "$reply")"
        code=$(request ec2 POST "https://ec2.$REGION.amazonaws.com/" "Action=AttachVolume&Device=%2Fdev%2Fsdf&InstanceId=$INSTANCE&Version=2016-11-15&VolumeId=$VOLUME" \
            'content-type: application/x-www-form-urlencoded')
        [ "$code" = 200 ] || say "volume $VOLUME: $code $(tr -d "\n" <"$reply")"
        sleep 0.5
    done
    if blank "$device"; then
        say "volume $VOLUME is blank"
        mkfs.ext4 -q "$device"
    fi
    mkdir -p "$data"
    mount "$device" "$data" || { fsck -p "$device" && mount "$device" "$data"; } || stop "volume $VOLUME holds $(blkid -p "$device")"
}

# ---- keys ----
certificates() {
    sed -n '/BEGIN CERTIFICATE/,/END CERTIFICATE/p'
}

bundle() { # secret: the certificates of all its versions that are trusted, the current one first
    local label
    for label in AWSCURRENT AWSPENDING AWSPREVIOUS; do secret_text "$1" $label | certificates; done
}

authority() { # secret, file
    secret_text "$1" AWSCURRENT | sed -n '/BEGIN PRIVATE KEY/,/END PRIVATE KEY/p' >"$2.key"
    bundle "$1" >"$2.crt"
}

service_account() {
    local label
    secret_text service_account AWSCURRENT >"$pki/sa.key"
    for label in AWSCURRENT AWSPENDING AWSPREVIOUS; do
        secret_text service_account $label >"$work/key"
        [ ! -s "$work/key" ] || openssl pkey -in "$work/key" -pubout
    done >"$pki/sa.pub"
    rm -f "$work/key"
}

keys() {
    mkdir -p "$pki"
    mount -t tmpfs -o mode=700 pki "$pki"
    mkdir -p "$pki/etcd" "$pki/signing"
    authority kubernetes "$pki/ca"
    authority etcd "$pki/etcd/ca"
    authority front_proxy "$pki/front-proxy-ca"
    service_account
    { cat "$pki/ca.crt" && bundle break_glass; } >"$pki/client-ca.crt"
    openssl x509 -in "$pki/ca.crt" -out "$pki/signing/ca.crt" # the controller manager takes one certificate, not a bundle
    cp "$pki/ca.key" "$pki/signing/ca.key"
}

# ---- who others are: workers by their role ----
authenticator() {
    local number
    number=$(metadata dynamic/instance-identity/document | member accountId)
    cat >"$work/authenticator.yaml" <<END
clusterID: $CLUSTER
server:
  port: 21362
  address: 127.0.0.1
  partition: aws
  stateDir: $work/authenticator
  generateKubeconfig: $pki/authenticator.yaml
  mapRoles:
  - rolearn: arn:aws:iam::$number:role/$CLUSTER-worker
    username: system:node:{{SessionName}}
    groups: [system:bootstrappers, system:nodes]
END
    mkdir -p "$work/authenticator"
    cat >/etc/systemd/system/aws-iam-authenticator.service <<END
[Service]
Environment=AWS_REGION=$REGION
ExecStart=/usr/bin/aws-iam-authenticator server --config $work/authenticator.yaml --backend-mode MountedFile
Restart=always
RestartSec=1
END
    systemctl enable --now aws-iam-authenticator
    until [ -s "$pki/authenticator.yaml" ]; do sleep 0.1; done
}

# ---- what kubeadm is told ----
registration() {
    cat <<END
nodeRegistration:
  name: $SLOT
  criSocket: unix:///run/containerd/containerd.sock
  ignorePreflightErrors: [all]
  kubeletExtraArgs:
  - {name: node-ip, value: $ADDRESS}
  - {name: provider-id, value: "aws:///$ZONE/$INSTANCE"}
END
}

configure() {
    cat >"$pki/authentication.yaml" <<END
apiVersion: apiserver.config.k8s.io/v1
kind: AuthenticationConfiguration
anonymous:
  enabled: true
  conditions: [{path: /livez}, {path: /readyz}, {path: /healthz}]
END
    cat >"$work/init.yaml" <<END
apiVersion: kubeadm.k8s.io/v1beta4
kind: InitConfiguration
localAPIEndpoint: {advertiseAddress: $ADDRESS, bindPort: 6443}
skipPhases: [addon, bootstrap-token, show-join-command]
$(registration)
---
apiVersion: kubeadm.k8s.io/v1beta4
kind: ClusterConfiguration
clusterName: $CLUSTER
kubernetesVersion: $KUBERNETES
controlPlaneEndpoint: $ENDPOINT:6443
networking: {serviceSubnet: 100.64.0.0/13}
etcd: {local: {dataDir: $data/data}}
apiServer:
  extraArgs:
  - {name: client-ca-file, value: $pki/client-ca.crt}
  - {name: authentication-config, value: $pki/authentication.yaml}
  - {name: authentication-token-webhook-config-file, value: $pki/authenticator.yaml}
controllerManager:
  extraArgs:
  - {name: cluster-signing-cert-file, value: $pki/signing/ca.crt}
  - {name: cluster-signing-key-file, value: $pki/signing/ca.key}
END
    cat >"$work/join.yaml" <<END
apiVersion: kubeadm.k8s.io/v1beta4
kind: JoinConfiguration
discovery: {file: {kubeConfigPath: $work/super-admin.conf}}
controlPlane: {localAPIEndpoint: {advertiseAddress: $ADDRESS, bindPort: 6443}}
$(registration)
END
}

# ---- the three ways ----
trust_all() { # kubeconfigs: kubeadm has put the first certificate of the bundle there, and the others may still serve with another one's
    local file
    for file; do kubectl config set-cluster "$CLUSTER" --kubeconfig "$file" --certificate-authority "$pki/ca.crt" --embed-certs >/dev/null; done
}

admin() {
    kubectl --kubeconfig "$work/super-admin.conf" "$@"
}

ready() { # host
    curl -sf -o /dev/null --cacert "$pki/ca.crt" "https://$1:6443/readyz"
}

until_ready() {
    local since=$SECONDS
    until ready "$1"; do
        [ $(((SECONDS - since) % 30)) != 29 ] || say "waits for the API at $1"
        sleep 0.5
    done
}

done_once() {
    touch "$data/joined"
    sync "$data"
}

publish() { # what a master that joins by a file asks for
    cat >"$work/cluster-info" <<END
apiVersion: v1
kind: Config
clusters:
- name: ""
  cluster: {server: "https://$ENDPOINT:6443", certificate-authority-data: $(base64 -w0 "$pki/ca.crt")}
END
    admin create configmap cluster-info -n kube-public --from-file="kubeconfig=$work/cluster-info" --dry-run=client -o yaml | admin apply -f -
}

begin() {
    say "init"
    kubeadm init --config "$work/init.yaml" --skip-token-print
    until_ready "$ENDPOINT"
    publish
    once bootstrap/done "$SLOT" >"$work/begun"
    done_once
}

forget() { # what the cluster knows of the slot's former life
    local members
    admin delete node "$SLOT" --ignore-not-found
    members=$(admin get nodes -l node-role.kubernetes.io/control-plane -o 'jsonpath={range .items[*]}https://{.status.addresses[?(@.type=="InternalIP")].address}:2379,{end}')
    kubeadm init phase certs etcd-healthcheck-client --config "$work/init.yaml"
    etcd() {
        etcdctl --endpoints "${members%,}" --cacert "$pki/etcd/ca.crt" --cert "$pki/etcd/healthcheck-client.crt" --key "$pki/etcd/healthcheck-client.key" "$@"
    }
    etcd member list | sed -n "s|^\([0-9a-f]*\), .*https://$ADDRESS:2380.*|\1|p" | while read -r id; do
        say "removes etcd member $id"
        etcd member remove "$id"
    done
}

join() {
    say "join"
    until_ready "$ENDPOINT"
    forget
    rm -rf "$data/data"
    kubeadm join --config "$work/join.yaml"
    done_once
}

come_back() {
    local phase
    say "comes back"
    for phase in "certs all" "kubeconfig all" "etcd local" "control-plane all" kubelet-start; do
        # shellcheck disable=SC2086 # a phase is two words
        kubeadm init phase $phase --config "$work/init.yaml"
        [ "$phase" != "kubeconfig all" ] || trust_all /etc/kubernetes/*.conf
    done
    until_ready "$ADDRESS"
    if [ "$(admin get node "$SLOT" --ignore-not-found -o 'jsonpath={.spec.providerID}')" != "aws:///$ZONE/$INSTANCE" ]; then
        admin delete node "$SLOT" --ignore-not-found # its id cannot be changed
        systemctl restart kubelet
        until admin get node "$SLOT" >/dev/null 2>&1; do sleep 0.2; done
    fi
    kubeadm init phase mark-control-plane --config "$work/init.yaml"
    publish
}

identify
say "$INSTANCE at $ADDRESS is $SLOT"
attach
keys
authenticator
configure
systemctl enable --now containerd
kubeadm init phase kubeconfig super-admin --config "$work/init.yaml" --kubeconfig-dir "$work"
trust_all "$work/super-admin.conf"
say "ground"
if [ -e "$data/joined" ]; then
    come_back
elif [ "$(once bootstrap/init "$SLOT")" = "$SLOT" ] && ! exists bootstrap/done; then
    begin
else
    join
fi
say "done"
