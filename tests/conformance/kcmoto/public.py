"""Public parameters of Systems Manager that moto has not: the newest machine images for EKS nodes."""
import hashlib
import re

NAME = re.compile(r"/aws/service/eks/optimized-ami/\d+\.\d+/amazon-linux-2023/(x86_64|arm64)/standard/recommended/(image_id|release_version)$"
                  r"|/aws/service/bottlerocket/aws-k8s-\d+\.\d+/(x86_64|arm64)/latest/image_id$")


def parameter(call):
    """The reply to GetParameter for a public EKS image, or None."""
    name = call.params.get("Name", "")
    if call.service != "ssm" or call.name != "GetParameter" or not NAME.match(name):
        return None
    value = "ami-" + hashlib.sha256((call.region + name).encode()).hexdigest()[:17]
    return {"Parameter": {"Name": name, "Type": "String", "Value": value, "Version": 1, "ARN": f"arn:aws:ssm:{call.region}::parameter{name}", "DataType": "text"}}
