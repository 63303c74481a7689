"""Container images made of static programs, as OCI archives: there is no registry."""
import hashlib
import io
import json
import tarfile


def layer_of(files):
    """A tar of the files: name in the image -> path here."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        for name, path in files.items():
            info = tarfile.TarInfo(name)
            with open(path, "rb") as f:
                body = f.read()
            info.size, info.mode = len(body), 0o755
            tar.addfile(info, io.BytesIO(body))
    return out.getvalue()


def write(path, reference, files, entrypoint):
    """An archive that `ctr images import` takes."""
    blobs = {}

    def keep(body, **more):
        digest = "sha256:" + hashlib.sha256(body).hexdigest()
        blobs[digest] = body
        return dict(more, digest=digest, size=len(body))

    def keep_json(value, **more):
        return keep(json.dumps(value).encode(), **more)

    layer = keep(layer_of(files), mediaType="application/vnd.oci.image.layer.v1.tar")
    config = keep_json({"architecture": "amd64", "os": "linux", "config": {"Entrypoint": entrypoint, "Env": ["PATH=/usr/local/bin"]},
                        "rootfs": {"type": "layers", "diff_ids": [layer["digest"]]}}, mediaType="application/vnd.oci.image.config.v1+json")
    manifest = keep_json({"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json", "config": config, "layers": [layer]},
                         mediaType="application/vnd.oci.image.manifest.v1+json", annotations={"io.containerd.image.name": reference})
    with tarfile.open(path, "w") as tar:
        for name, body in [("oci-layout", b'{"imageLayoutVersion":"1.0.0"}'), ("index.json", json.dumps({"schemaVersion": 2, "manifests": [manifest]}).encode()),
                           *((f"blobs/{d.replace(':', '/')}", b) for d, b in blobs.items())]:
            info = tarfile.TarInfo(name)
            info.size = len(body)
            tar.addfile(info, io.BytesIO(body))
