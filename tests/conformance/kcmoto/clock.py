"""Durations of AWS, compressed: states that change by themselves once their time has come."""
import time

MINUTES = {"cluster create": 10, "cluster delete": 3, "cluster update": 9, "config update": 3, "nodegroup create": 2, "nodegroup update": 2, "nodegroup delete": 6,
           "addon create": 0.5, "addon update": 0.7, "addon delete": 0.3, "fargate create": 2, "fargate delete": 1.5, "nat create": 2, "nat delete": 1}
seconds_per_minute = 0.06                                  # 1000 times as fast; set by the server


def due(what):
    """When something begun now will be done."""
    return time.monotonic() + MINUTES[what] * seconds_per_minute


def passed(moment):
    return time.monotonic() >= moment
