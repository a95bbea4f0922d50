# SPDX-License-Identifier: GPL-2.0-or-later
"""What tools/torture, tools/soak and tools/memcheck share."""
