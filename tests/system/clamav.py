"""ClamAV as the milter beside us: clamd with one signature, which finds the
string that every scanner is tried with, and clamav-milter, which tells what
clamd says in X-Virus-Status and refuses nothing."""

import os

from processes import Daemons, is_root

CLAMD = "/usr/sbin/clamd"
MILTER = "/usr/sbin/clamav-milter"

# In two pieces, for nothing is to find it here.
EICAR = (b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-" +
         b"STANDARD-ANTIVIRUS-TEST-FILE!$H+H*")

CLAMD_CONF = """
Foreground yes
LocalSocket {folder}/clamd.sock
LocalSocketMode 666
DatabaseDirectory {folder}/db
TemporaryDirectory {folder}/tmp
MaxThreads 2
User root
"""

MILTER_CONF = """
Foreground yes
MilterSocket unix:{folder}/run/milter.sock
MilterSocketMode 666
ClamdSocket unix:{folder}/clamd.sock
TemporaryDirectory {folder}/tmp
OnInfected Accept
AddHeader Add
User root
"""


def unavailable():
    """Why there can be no ClamAV here, or None."""
    if not is_root():
        return "clamd needs root"
    for path in (CLAMD, MILTER):
        if not os.path.exists(path):
            return f"{path} is not installed"
    return None


class Clamav(Daemons):
    """Both daemons, with a database of one signature."""

    kind = "clamav"

    def __init__(self):
        super().__init__()
        self.socket = str(self.folder / "run" / "milter.sock")

    def _start(self):
        self.folder.chmod(0o755)
        for name in ("db", "tmp", "run"):
            (self.folder / name).mkdir(mode=0o755)
        (self.folder / "db" / "test.ndb").write_text(
            f"Test.File:0:*:{EICAR.hex()}\n")
        self._run("clamd", CLAMD, CLAMD_CONF, self.folder / "clamd.sock")
        self._run("clamav-milter", MILTER, MILTER_CONF, self.socket)

    def _run(self, name, program, configuration, socket):
        path = self.folder / f"{name}.conf"
        path.write_text(configuration.format(folder=self.folder))
        self.start(name, [program, "-c", path], socket)
