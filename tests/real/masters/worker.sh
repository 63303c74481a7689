# What a worker does when it boots. The first lines come from the launch template, which also says CLUSTER, ENDPOINT and TRUSTED, the certificates of the
# cluster's authority. Who it is, its role says: it has no other credential.
set -euo pipefail

metadata() {
    printf 'header = "x-aws-ec2-metadata-token: %s"\n' "$session" | curl -sf --config - "http://169.254.169.254/latest/meta-data/$1"
}

session=$(curl -sf -X PUT -H 'x-aws-ec2-metadata-token-ttl-seconds: 21600' http://169.254.169.254/latest/api/token)
INSTANCE=$(metadata instance-id)
ADDRESS=$(metadata local-ipv4)
REGION=$(metadata placement/region)
ZONE=$(metadata placement/availability-zone)

mkdir -p /etc/kubernetes/pki /etc/cni/net.d /etc/systemd/system/kubelet.service.d /var/lib/kubelet
printf '%s' "$TRUSTED" >/etc/kubernetes/pki/ca.crt

cat >/etc/cni/net.d/10-pods.conflist <<END
{"cniVersion": "0.4.0", "name": "pods", "plugins": [
  {"type": "bridge", "bridge": "pods", "isGateway": true, "ipMasq": false, "ipam": {"type": "host-local", "ranges": [[{"subnet": "10.200.0.0/24"}]], "routes": [{"dst": "0.0.0.0/0"}]}}
]}
END
cat >/var/lib/kubelet/config.yaml <<END
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
authentication: {anonymous: {enabled: false}, webhook: {enabled: true}, x509: {clientCAFile: /etc/kubernetes/pki/ca.crt}}
authorization: {mode: Webhook}
END
cat >/etc/kubernetes/kubelet.conf <<END
apiVersion: v1
kind: Config
clusters: [{name: it, cluster: {server: "https://$ENDPOINT:6443", certificate-authority: /etc/kubernetes/pki/ca.crt}}]
users:
- name: role
  user:
    exec:
      apiVersion: client.authentication.k8s.io/v1beta1
      command: /usr/bin/aws-iam-authenticator
      args: [token, -i, $CLUSTER, --region, $REGION]
      env: [{name: AWS_REGION, value: $REGION}]
      interactiveMode: Never
contexts: [{name: it, context: {cluster: it, user: role}}]
current-context: it
END
cat >/etc/systemd/system/kubelet.service.d/20-worker.conf <<END
[Service]
Environment="KUBELET_KUBECONFIG_ARGS=--kubeconfig=/etc/kubernetes/kubelet.conf"
Environment="KUBELET_KUBEADM_ARGS=--hostname-override=$INSTANCE --node-ip=$ADDRESS --provider-id=aws:///$ZONE/$INSTANCE --container-runtime-endpoint=unix:///run/containerd/containerd.sock"
END
systemctl enable --now containerd
systemctl enable --now kubelet
