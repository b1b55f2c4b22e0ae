# SPDX-License-Identifier: MIT
USER_PROGS += init agent
