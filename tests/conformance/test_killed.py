"""kc killed in the middle of apply and destroy, again and again, over real HTTP: the next run goes on, nothing is made twice, nothing is lost."""
import signal

from kcmoto.server import Fault
from test_quickstart import MADE, Scene, difference

# (operation, how many of it pass first, before or after its effect)
APPLY = [("CreateVpc", 0, "after"), ("ModifyVpcAttribute", 0, "after"), ("CreateSubnet", 2, "before"), ("CreateSubnet", 1, "after"), ("CreateInternetGateway", 0, "after"),
         ("AllocateAddress", 0, "after"), ("CreateRole", 0, "after"), ("AttachRolePolicy", 1, "before"), ("CreateNatGateway", 0, "after"), ("CreateRoute", 1, "after"),
         ("CreateCluster", 0, "after"), ("DescribeCluster", 1, "after"), ("CreateOpenIDConnectProvider", 0, "after"), ("CreateAddon", 1, "after"),
         ("AssociateAccessPolicy", 0, "after"), ("CreateLaunchTemplate", 0, "after"), ("CreateNodegroup", 0, "before"), ("CreateNodegroup", 0, "after")]
DESTROY = [("DeleteNodegroup", 0, "after"), ("DeleteAddon", 0, "before"), ("DeleteCluster", 0, "after"), ("DeleteNatGateway", 0, "after"), ("DeleteRole", 0, "after"),
           ("DeleteSubnet", 2, "after"), ("ReleaseAddress", 0, "after"), ("DetachInternetGateway", 0, "after"), ("DeleteVpc", 0, "after")]


def run_through_kills(scene, verb, points):
    """Runs kc until a run ends by itself; every point kills the run that reaches it. Gives how often kc was killed, and the last exit code."""
    running, kills = [None], 0
    for op, skip, phase in points:
        scene.server.faults.append(Fault(op, kind=f"reset {phase}", skip=skip, then=lambda: running[0].kill()))
    while True:
        with scene.server.lock:                            # no request gets through before the process is known
            running[0] = scene.kc.start(verb, "--yes")
        code = running[0].wait(60)
        if code != -signal.SIGKILL:
            return kills, code
        kills += 1


def unreached(scene):
    return [(f.op, f.kind) for f in scene.server.faults if f.times]


def test_kills_change_nothing(server, client, tmp_path):
    scene = Scene(server, client, tmp_path)
    kills, code = run_through_kills(scene, "apply", APPLY)
    assert code == 0, scene.kc.said()[-3000:]
    assert not unreached(scene) and kills >= len(APPLY) / 2
    assert difference(scene.account.counts(), scene.before) == MADE
    scene.kc.ok("plan", "--exit-code")
    kills, code = run_through_kills(scene, "destroy", DESTROY)
    assert code == 0, scene.kc.said()[-3000:]
    assert not unreached(scene) and kills >= len(DESTROY) / 2
    assert scene.account.counts() == scene.before
