# SPDX-License-Identifier: GPL-2.0-or-later
"""What tools/make-samples is made of: packets, TCP connections, WebSocket bytes, and the samples themselves."""
