# SPDX-License-Identifier: Apache-2.0
"""The floors of the house (ARCHITECTURE.md), for the lints that hold them."""

FLOORS = {
    "lib/base": 0,
    "lib/doc": 10, "lib/sys": 10,
    "lib/net": 20, "lib/box": 20,
    "lib/aws": 30, "lib/kube": 30, "lib/probe": 30,
    "lifecycle/engine": 40,
    "lifecycle/values": 41,
    "bootstrap": 50, "bootstrap/net": 50,
}
STEP = 42  # lifecycle/config and a folder per step
# What of the engine everybody on floor 4 may see: a step knows no supervisor.
FOR_STEPS = "lifecycle/engine/step.h"


def floor(folder):
    if folder in FLOORS:
        return FLOORS[folder]
    if folder.startswith("lifecycle/") and folder.count("/") == 1:
        return STEP
    return None


def wrong(user, used, target=None):
    """Why a file of folder `user` may not use the header `target` (or an archive) of folder `used`."""
    if user == used:
        return None
    if used == "lifecycle" and target and target.endswith(".def"):
        return None if user.startswith("lifecycle/") else "a table of floor 4"
    mine, theirs = floor(user), floor(used)
    if theirs is None:
        return "on no floor"
    if theirs > mine:
        return f"{used} is above {user}"
    if theirs == mine:
        return f"{used} is a neighbour of {user}"
    if user == "bootstrap/net" and used.startswith("lifecycle/"):
        return "muster-net knows the library alone"
    if used == "lifecycle/engine" and mine in (41, STEP) and target not in (None, FOR_STEPS):
        return f"of the engine, floor 4 sees {FOR_STEPS} alone"
    return None
