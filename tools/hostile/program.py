# SPDX-License-Identifier: GPL-2.0-or-later
"""Wireshark's programs with a sanitized build of the plugin, in a home folder of their own."""
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
OTHER_USER = 65534  # root loads no personal plugins


def refuse(tool, why):
    sys.exit(f"{tool}: {why}")


class Build:
    """The plugin to test, and the sanitizer's runtime that has to be in the process before it (empty: none)."""

    def __init__(self, tool, wanted_sanitized):
        folders = [pathlib.Path(os.environ["WSLENS_BUILD"])] if os.environ.get("WSLENS_BUILD") else \
            [ROOT / "build" / name for name in (("debug-clang", "debug") if wanted_sanitized else ("release", "release-clang"))]
        for folder in folders:
            found = sorted(folder.glob("plugin/*/epan/wslens.so"))
            cache = folder / "CMakeCache.txt"
            if not found or not cache.exists():
                continue
            self.folder, self.plugin, self.version = folder.resolve(), found[0], found[0].parent.parent.name
            self.preload = next((line.partition("=")[2] for line in cache.read_text(encoding="utf-8").splitlines()
                                 if line.startswith("WSLENS_PRELOAD:")), "")
            if bool(self.preload) == wanted_sanitized:
                return
        kind, preset = ("sanitized", "debug-clang") if wanted_sanitized else ("optimized", "release")
        refuse(tool, f"no {kind} build in {', '.join(map(str, folders))}; make it: "
                     f"cmake --preset {preset} && cmake --build --preset {preset} --target wslens")


class Home:
    """A folder in which another user may write, with a home and the plugin in it; removed at the end."""

    def __init__(self, build, lens=True):
        self.build = build
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="wslens-hostile."))
        home = self.folder / "home"
        plugins = home / ".local/lib/wireshark/plugins" / build.version / "epan"
        plugins.mkdir(parents=True)
        (home / ".config").mkdir()
        if lens:
            shutil.copy(build.plugin, plugins / "wslens.so")
        self.words = ["env", "-u", "WIRESHARK_CONFIG_DIR", "-u", "WIRESHARK_PLUGIN_DIR", f"HOME={home}",
                      f"XDG_CONFIG_HOME={home}/.config", f"WIRESHARK_EXTCAP_DIR={home}/.config", "TZ=UTC", "LC_ALL=C.UTF-8"]
        if os.geteuid() == 0:
            self.words = ["setpriv", f"--reuid={OTHER_USER}", f"--regid={OTHER_USER}", "--clear-groups"] + self.words
            for path in [self.folder, *self.folder.rglob("*")]:
                path.chmod(0o755)
                os.chown(path, OTHER_USER, OTHER_USER)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.folder, ignore_errors=True)

    def new_folder(self, name):
        folder = self.folder / name
        folder.mkdir()
        if os.geteuid() == 0:
            os.chown(folder, OTHER_USER, OTHER_USER)
        return folder

    def run(self, command, environment=(), seconds=None, cpu_seconds=None, **more):
        """None instead of a result: it did not end within so many seconds. Beyond cpu_seconds of the processor's time it is ended
        by a signal: that does not depend on what else the machine does."""
        if cpu_seconds:
            command = ["prlimit", f"--cpu={cpu_seconds}", "--", *command]
        try:
            return subprocess.run([*self.words, *environment, *command], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                  cwd="/", timeout=seconds, check=False, **more)
        except subprocess.TimeoutExpired:
            return None
