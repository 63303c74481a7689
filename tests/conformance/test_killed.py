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


# (operation, how many of it pass first, kind, status): what a proxy may say in place of AWS
APPLY_LIES = [("CreateVpc", 0, "page after", 200), ("ModifyVpcAttribute", 0, "page before", 200), ("DescribeVpcs", 0, "page before", 404), ("CreateSubnet", 1, "empty", 200),
              ("CreateRole", 0, "page after", 404), ("GetRole", 1, "page before", 404), ("AttachRolePolicy", 0, "page before", 200), ("CreateNatGateway", 0, "page after", 403),
              ("CreateCluster", 0, "page after", 200), ("DescribeCluster", 0, "page before", 404), ("DescribeCluster", 1, "empty", 200), ("CreateAddon", 0, "page before", 302),
              ("CreateLaunchTemplate", 0, "page after", 503), ("CreateNodegroup", 0, "page after", 403), ("AssociateAccessPolicy", 0, "page before", 200)]
DESTROY_LIES = [("DescribeNodegroup", 0, "page before", 404), ("DeleteNodegroup", 0, "page before", 200), ("DeleteCluster", 0, "page before", 404), ("DescribeCluster", 1, "page before", 404),
                ("DeleteNatGateway", 0, "page after", 200), ("DeleteRole", 0, "page before", 200), ("DeleteSubnet", 1, "empty", 200), ("DeleteVpc", 0, "page before", 404)]


def run_through_lies(scene, verb, lies):
    """Runs kc until a run ends well; gives how many runs it took."""
    for op, skip, kind, status in lies:
        scene.server.faults.append(Fault(op, kind=kind, skip=skip, status=status))
    for n in range(1, 6):
        done = scene.kc.run(verb, "--yes")
        if done.returncode == 0:
            return n
        assert done.returncode == 1 and "NotBelieved" in done.stdout + done.stderr, done.stdout[-2000:] + done.stderr[-2000:]
    raise AssertionError(done.stdout[-3000:] + done.stderr[-3000:])


def test_what_is_not_from_aws_changes_nothing(server, client, tmp_path):
    scene = Scene(server, client, tmp_path)
    run_through_lies(scene, "apply", APPLY_LIES)
    assert not unreached(scene)
    assert difference(scene.account.counts(), scene.before) == MADE
    scene.kc.ok("plan", "--exit-code")
    run_through_lies(scene, "destroy", DESTROY_LIES)
    assert not unreached(scene)
    assert scene.account.counts() == scene.before
