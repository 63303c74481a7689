"""Makes the account true: a machine for each instance, a device for each volume attached, a balancer for what is registered."""
import base64
import os
import threading
import time

import disks
import metadata
import network
from account import REGION
from balancer import Balancer
from machine import Machine

TICK_S = 0.2
ALIVE = ("pending", "running")


class Conductor:
    def __init__(self, account, folder, image, group):
        self.account, self.folder, self.image, self.group = account, folder, image, group
        self.machines, self.services, self.disks, self.balancers, self.ended = {}, {}, {}, {}, []
        self.ec2, self.elbv2, self.iam, self.sts = (account.client(s) for s in ("ec2", "elbv2", "iam", "sts"))
        self.number, self.trouble, self.stopped = self.sts.get_caller_identity()["Account"], None, threading.Event()
        os.makedirs(os.path.join(folder, "volumes"))
        self.thread = threading.Thread(target=self.conduct, daemon=True)
        self.thread.start()

    def conduct(self):
        while not self.stopped.is_set():
            try:
                self.tick()
            except Exception as e:                         # the story asks for it at its next step
                self.trouble = e
                return
            time.sleep(TICK_S)

    def tick(self):
        shown = {i["InstanceId"]: i for page in self.ec2.get_paginator("describe_instances").paginate() for r in page["Reservations"] for i in r["Instances"]}
        alive = {k: i for k, i in shown.items() if i["State"]["Name"] in ALIVE}
        for gone in set(self.machines) - set(alive):
            self.end(gone)
        self.see_volumes()
        for new in set(alive) - set(self.machines):
            self.begin(alive[new])
        self.see_balancers(alive)

    # ---- machines ----
    def begin(self, shown):
        subnet = self.ec2.describe_subnets(SubnetIds=[shown["SubnetId"]])["Subnets"][0]["CidrBlock"]
        net, length = subnet.split("/")
        router = net.rsplit(".", 1)[0] + ".1"
        network.add_address(f"{router}/{length}")
        instance = metadata.Instance(shown, REGION, self.number, self.user_data(shown["InstanceId"]), *self.role_of(shown))
        m = Machine(self.folder, self.image, self.group, instance, f"{shown['PrivateIpAddress']}/{length}", router)
        self.services[m.id] = metadata.Server(network.listen_inside(m.process.pid, ("169.254.169.254", 80)), instance)
        self.machines[m.id] = m

    def end(self, name):
        m = self.machines.pop(name)
        m.kill()
        self.services.pop(name).close()
        for volume in [v for v, (holder, _) in self.disks.items() if holder is m]:
            self.disks.pop(volume)[1].release()
        self.ended.append(m)

    def user_data(self, instance):
        text = self.ec2.describe_instance_attribute(InstanceId=instance, Attribute="userData")["UserData"].get("Value")
        return base64.b64decode(text).decode() if text else None

    def role_of(self, shown):
        """The name of its role and what gives credentials of it."""
        if "IamInstanceProfile" not in shown:
            return None, None
        profile = shown["IamInstanceProfile"]["Arn"].rsplit("/", 1)[1]
        role = self.iam.get_instance_profile(InstanceProfileName=profile)["InstanceProfile"]["Roles"][0]
        return role["RoleName"], lambda: self.sts.assume_role(RoleArn=role["Arn"], RoleSessionName=shown["InstanceId"])["Credentials"]

    # ---- volumes ----
    def see_volumes(self):
        attached = {}
        for volume in self.ec2.describe_volumes()["Volumes"]:
            for a in volume["Attachments"]:
                if a["State"] == "attached" and a["InstanceId"] in self.machines and not a.get("DeleteOnTermination"):
                    attached[volume["VolumeId"]] = (self.machines[a["InstanceId"]], a["Device"], volume["Size"])
        for volume in set(self.disks) - set(attached):
            holder, disk = self.disks.pop(volume)
            disk.vanish(holder)
        for volume, (holder, device, gib) in attached.items():
            if volume not in self.disks:
                disk = disks.Disk(os.path.join(self.folder, "volumes", volume), gib)
                disk.appear(holder, 1 + sum(h is holder for h, _ in self.disks.values()), volume, device)
                self.disks[volume] = (holder, disk)

    # ---- balancers ----
    def see_balancers(self, alive):
        for balancer in self.elbv2.describe_load_balancers()["LoadBalancers"]:
            if balancer["State"]["Code"] != "active":
                continue
            for listener in self.elbv2.describe_listeners(LoadBalancerArn=balancer["LoadBalancerArn"])["Listeners"]:
                if listener["ListenerArn"] not in self.balancers:
                    address = next(a["PrivateIPv4Address"] for z in balancer["AvailabilityZones"] for a in z.get("LoadBalancerAddresses", []) if "PrivateIPv4Address" in a)
                    network.add_address(f"{address}/32")
                    self.balancers[listener["ListenerArn"]] = Balancer(address, listener["Port"])
                self.balancers[listener["ListenerArn"]].set(self.registered(listener["DefaultActions"][0]["TargetGroupArn"], alive))

    def registered(self, group, alive):
        health = self.elbv2.describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"]
        return {(alive[t["Target"]["Id"]]["PrivateIpAddress"], t["Target"]["Port"]): t["TargetHealth"]["State"] == "draining" for t in health if t["Target"]["Id"] in alive}

    def well(self):
        """How many targets would be given a connection."""
        return sum(b.well() for b in self.balancers.values())

    def close(self):
        self.stopped.set()
        self.thread.join()
        for name in list(self.machines):
            self.end(name)
