"""What an analysis process may still do: read its program and weights, write its scratch folder.

Whoever takes over a decoder with a picture is to find nothing: no network, no database, no key of
the site, no other picture, no other program. Linux can take such rights away for good, from the
process and from all that it starts: Landlock those to files, programs and signals, seccomp those to
calls of the kernel. Both take effect before the first library is loaded, because neither would
hold threads that are there already; so `confine` starts the program that it is given anew.

    python -m detector.analysis.confinement RULES COMMAND...

RULES is what `Rules.to_json` gives. The command gets one more argument: what holds it, in words.
Only the standard library is used here, and seccomp's.
"""

from __future__ import annotations

import ctypes
import errno
import json
import os
import stat
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

PROJECT = Path(__file__).resolve().parents[2]
# The modes of the setting ANALYSIS_SANDBOX.
AUTO, REQUIRED, OFF = "AUTO", "REQUIRED", "OFF"

# The numbers of these calls are the same on every machine.
CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446
GET_VERSION, PATH_BENEATH, PR_SET_NO_NEW_PRIVS = 1, 1, 38
PR_CAPBSET_DROP, MOST_CAPABILITIES = 24, 64
KEPT_CAPABILITIES = (1, 2)  # DAC_OVERRIDE and DAC_READ_SEARCH: root may serve the data of others

EXECUTE, WRITE_FILE, READ_FILE, READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
REFER, TRUNCATE, IOCTL_DEV = 1 << 13, 1 << 14, 1 << 15
READ = READ_FILE | READ_DIR
# The rights that each version of Landlock has added; the first one has those up to MAKE_SYM.
FILE_RIGHTS = {1: (1 << 13) - 1, 2: REFER, 3: TRUNCATE, 5: IOCTL_DEV}
OF_FILES = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE | IOCTL_DEV  # the others are of folders
TCP, NET_SINCE = (1 << 0) | (1 << 1), 4
# To no process outside, and to no socket without a file.
SCOPES, SCOPES_SINCE = (1 << 0) | (1 << 1), 6

# Calls that nothing in an analysis needs. Those of io_uring would go around all others.
FORBIDDEN_CALLS = (
    "socket", "connect", "bind", "listen", "accept", "accept4", "sendto", "sendmsg", "sendmmsg",
    "io_uring_setup", "io_uring_enter", "io_uring_register",
    "ptrace", "process_vm_readv", "process_vm_writev", "process_madvise", "pidfd_getfd",
    "bpf", "perf_event_open", "userfaultfd", "add_key", "request_key", "keyctl",
    "mount", "umount2", "pivot_root", "chroot", "setns", "unshare", "open_by_handle_at",
    "move_mount", "open_tree", "fsopen", "fsconfig", "fsmount", "init_module", "finit_module",
    "delete_module", "kexec_load", "kexec_file_load", "reboot", "swapon", "swapoff", "settimeofday",
    "clock_settime", "sethostname", "setdomainname", "quotactl", "acct", "chown", "fchown",
    "lchown", "fchownat", "chmod", "fchmod", "fchmodat", "setxattr", "lsetxattr", "fsetxattr",
    "mknod", "mknodat",
)  # fmt: skip

# What Python and the libraries read of the system; nothing of it is a secret.
SYSTEM = (
    "/usr", "/lib", "/lib32", "/lib64", "/bin", "/opt", "/nix/store", "/proc", "/sys",
    "/etc/ld.so.cache", "/etc/localtime", "/etc/ssl", "/etc/OpenCL", "/etc/passwd",
    "/etc/nsswitch.conf", "/dev/urandom", "/dev/random", "/dev/zero",
)  # fmt: skip
# Accelerators are driven by writing to these.
DEVICES = ("/dev/null", "/dev/dri", "/dev/accel")


class Rules(NamedTuple):
    """The paths that may be read, written and started; `mode` is one of the setting's.

    Of the folders in `lists` only the names in them may be read: Python asks for these.
    """

    mode: str
    lists: tuple[str, ...]
    reads: tuple[str, ...]
    writes: tuple[str, ...]
    programs: tuple[str, ...]

    def to_json(self) -> str:
        return json.dumps(self._asdict())


class NotConfined(Exception):
    """The system does not offer what the setting asks for; the message says what."""


def make_rules(
    mode: str, *, reads: Iterable[Path], writes: Iterable[Path], private: Iterable[Path]
) -> Rules:
    """The rules of a process that runs this program, and reads and writes what it is given.

    Of the folders that Python imports from, those in `private` are left out.
    """
    hidden = [path.resolve() for path in private]
    names = (str(PROJECT), *sys.path, sys.prefix, sys.base_prefix)
    imported = [Path(name) for name in names if name]
    open_paths = [path for folder in imported for path in _around(folder, hidden)]
    return Rules(
        mode,
        tuple(str(path) for path in imported if path.is_dir()),
        tuple(dict.fromkeys(map(str, (*SYSTEM, *open_paths, *reads)))),
        tuple(map(str, (*DEVICES, *writes))),
        (sys.executable, *_find_loaders()),
    )


def _around(folder: Path, hidden: list[Path]) -> list[Path]:
    """The folder; where it holds something hidden, what else it holds."""
    folder = folder.resolve()
    if any(folder.is_relative_to(path) for path in hidden):
        return []
    if not any(path.is_relative_to(folder) for path in hidden):
        return [folder]
    return [path for entry in folder.iterdir() for path in _around(entry, hidden)]


def _find_loaders() -> set[str]:
    """The program that the system starts to load Python."""
    try:
        lines = Path("/proc/self/maps").read_text().splitlines()
    except OSError:  # no Linux
        return set()
    paths = {line.split(None, 5)[5] for line in lines if line.count("/")}
    return {path for path in paths if path.rpartition("/")[2].startswith("ld-")}


def confine(rules: Rules) -> str:
    """Take the rights away from this process, which has one thread; says in words what holds it.

    Raises `NotConfined` where the setting asks for what the system does not have.
    """
    if rules.mode == OFF:
        return "nothing, by the setting"
    _drop_capabilities()
    held, missing = [], []
    # seccomp first: its package looks for the library with other programs.
    for name, hold in (("seccomp", _hold_by_seccomp), ("Landlock", _hold_by_landlock)):
        try:
            held.append(hold(rules))
        except (OSError, RuntimeError, ImportError, AttributeError) as error:
            missing.append(f"{name} ({error})")
    if missing and rules.mode == REQUIRED:
        raise NotConfined(f"ANALYSIS_SANDBOX is required; missing: {', '.join(missing)}.")
    return ", ".join([*held, *(f"no {each}" for each in missing)])


def _drop_capabilities() -> None:
    """Make a program that root starts lose what only root may do, but for reading files of others.

    Some of it goes around Landlock: reading the memory of other processes, say.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    for capability in range(MOST_CAPABILITIES):
        if capability not in KEPT_CAPABILITIES:
            # Without the right to drop them there are none; a number that is not in use fails, too.
            libc.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)


def find_landlock() -> int:
    """The version of Landlock. Raises `OSError` where the kernel has none."""
    return _call(CREATE_RULESET, None, 0, GET_VERSION)


def _hold_by_landlock(rules: Rules) -> str:
    version = find_landlock()
    handled = sum(rights for since, rights in FILE_RIGHTS.items() if since <= version)
    attributes = [handled]
    attributes += [TCP] if version >= NET_SINCE else []
    attributes += [SCOPES] if version >= SCOPES_SINCE else []
    packed = (ctypes.c_uint64 * len(attributes))(*attributes)
    ruleset = _call(CREATE_RULESET, packed, ctypes.sizeof(packed), 0)
    try:
        for paths, rights in (
            (rules.lists, READ_DIR),
            (rules.reads, READ),
            (rules.writes, handled & ~EXECUTE),
            (rules.programs, READ_FILE | EXECUTE),
        ):
            for path in paths:
                _allow(ruleset, path, rights & handled)
        _give_up_new_rights()
        _call(RESTRICT_SELF, ruleset, 0)
    finally:
        os.close(ruleset)
    return f"Landlock {version}"


class _PathBeneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = [("rights", ctypes.c_uint64), ("parent", ctypes.c_int32)]


def _allow(ruleset: int, path: str, rights: int) -> None:
    try:
        descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:  # this system has no such folder
        return
    try:
        if not stat.S_ISDIR(os.fstat(descriptor).st_mode):
            rights &= OF_FILES
        rule = _PathBeneath(rights, descriptor)
        _call(ADD_RULE, ruleset, PATH_BENEATH, ctypes.byref(rule), 0)
    finally:
        os.close(descriptor)


def _give_up_new_rights() -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0):
        raise _last_error()


def _call(number: int, *arguments: object) -> int:
    libc = ctypes.CDLL(None, use_errno=True)
    wide = [ctypes.c_long(each) if isinstance(each, int) else each for each in arguments]
    result = libc.syscall(ctypes.c_long(number), *wide)
    if result < 0:
        raise _last_error()
    return int(result)


def _last_error() -> OSError:
    number = ctypes.get_errno()
    return OSError(number, os.strerror(number))


def _hold_by_seccomp(rules: Rules) -> str:
    import pyseccomp

    call_filter = pyseccomp.SyscallFilter(pyseccomp.ALLOW)
    for name in FORBIDDEN_CALLS:
        try:
            call_filter.add_rule(pyseccomp.ERRNO(errno.EPERM), name)
        except (ValueError, OSError):  # a call that this processor or library does not know
            continue
    call_filter.load()
    return "seccomp"


def main() -> None:
    """Confine this process, and go on as the command."""
    rules, command = Rules(**json.loads(sys.argv[1])), sys.argv[2:]
    try:
        held = confine(rules)
    except NotConfined as error:
        sys.exit(str(error))
    os.execv(sys.executable, [sys.executable, *command, held])


if __name__ == "__main__":
    main()
