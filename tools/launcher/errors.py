# SPDX-License-Identifier: MIT
"""The exceptions that end a run with one sentence and an exit status."""

EXIT_USER = 2           # something the user can put right
EXIT_TIMEOUT = 124
EXIT_GUEST = 125        # the guest did not come up, panicked or broke off


class UserError(Exception):
    """Wrong option, missing file or package: exit 2, nothing was started."""


class Interrupted(Exception):
    """A signal that ends the launcher arrived."""

    def __init__(self, signum):
        super().__init__(signum)
        self.signum = signum
