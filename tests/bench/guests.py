# SPDX-License-Identifier: MIT
"""Both systems in the same virtual machine; each gives the lines it printed."""

import glob
import os
import re
import shutil
import subprocess

TOP = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
QEMU = os.environ.get("MITOS_QEMU") or "qemu-system-x86_64"
# Few features, so that string instructions count as what they are.
CPU = "qemu64,+fsgsbase,+smep,+smap"
MEM_MIB = 1024
LIMIT_SECONDS = 900
TEST_SECONDS = 120
PACKAGE = "linux-image-cloud-amd64"
# The clock by the TSC, as on real machines; the rest takes out chance.
LINUX_ARGS = ("console=ttyS0 quiet panic=-1 tsc=reliable no_timer_check "
              "nokaslr norandmaps random.trust_cpu=on")


class BenchError(Exception):
    """Why the benchmark cannot be run; its text is one sentence."""


def qemu_version():
    try:
        done = subprocess.run([QEMU, "--version"], capture_output=True,
                              text=True, check=True)
    except (OSError, subprocess.CalledProcessError) as err:
        raise BenchError(f"{QEMU} cannot be started (Debian: apt install "
                         "qemu-system-x86)") from err
    return done.stdout.splitlines()[0]


# ---- Linux ----

def cache_dir():
    base = os.environ.get("MITOS_CACHE")
    if not base:
        base = os.path.join(os.environ.get("XDG_CACHE_HOME") or
                            os.path.expanduser("~/.cache"), "mitos")
    path = os.path.join(base, "linux")
    os.makedirs(path, exist_ok=True)
    return path


def linux_kernel():
    """Path of a Debian kernel; downloaded once, never installed."""
    cache = cache_dir()
    found = glob.glob(os.path.join(cache, "kernel/boot/vmlinuz-*"))
    if found:
        return found[0]
    if not shutil.which("apt-get"):
        raise BenchError("there is no apt-get to fetch a Linux kernel with; "
                         "BENCH_LINUX=0 takes the saved figures")
    depends = subprocess.run(["apt-cache", "depends", PACKAGE], text=True,
                             capture_output=True, check=False).stdout
    match = re.search(r"Depends: (linux-image-\S+)", depends)
    if not match:
        raise BenchError(f"apt knows no {PACKAGE} (apt-get update?); "
                         "BENCH_LINUX=0 takes the saved figures")
    done = subprocess.run(["apt-get", "-q", "download", match.group(1)],
                          cwd=cache, capture_output=True, text=True,
                          check=False)
    packages = glob.glob(os.path.join(cache, match.group(1) + "_*.deb"))
    if done.returncode or not packages:
        raise BenchError(f"{match.group(1)} cannot be downloaded (network?); "
                         "BENCH_LINUX=0 takes the saved figures")
    unpacked = os.path.join(cache, "unpacking")
    shutil.rmtree(unpacked, ignore_errors=True)
    subprocess.run(["dpkg-deb", "-x", packages[0], unpacked], check=True)
    os.rename(unpacked, os.path.join(cache, "kernel"))
    return glob.glob(os.path.join(cache, "kernel/boot/vmlinuz-*"))[0]


def initramfs(out, job):
    manifest = os.path.join(out, "linux.manifest")
    image = os.path.join(out, "linux.cpio")
    with open(manifest, "w", encoding="utf-8") as file:
        for name in ("init", "osbench"):
            file.write(f"file /{name} {out}/linux/{name} 0755\n")
        if job:
            file.write(f"file /job {out}/linux/job 0644\n")
    with open(os.path.join(out, "linux", "job"), "w", encoding="utf-8") as file:
        file.write(job)
    subprocess.run(["python3", os.path.join(TOP, "tools/mkboot.py"), image,
                    "--manifest", manifest], check=True)
    return image


def run_linux(tests, repeat, out):
    """Returns the guest's lines and the command."""
    kernel = linux_kernel()
    log = os.path.join(out, "linux.log")
    job = ""
    if tests["osbench"]:
        job = f"-r {repeat} -t {TEST_SECONDS} {' '.join(tests['osbench'])}"
    args = [QEMU, "-M", "q35", "-cpu", CPU, "-m", str(MEM_MIB), "-smp", "1",
            "-nodefaults", "-display", "none", "-no-reboot", "-nic", "none",
            "-accel", "tcg,thread=single", "-icount", "shift=0,sleep=off",
            "-rtc", "base=2024-01-01,clock=vm", "-serial", f"file:{log}",
            "-kernel", kernel, "-initrd", initramfs(out, job),
            "-append", LINUX_ARGS]
    try:
        subprocess.run(args, stdin=subprocess.DEVNULL, timeout=LIMIT_SECONDS,
                       check=True)
    except subprocess.TimeoutExpired as err:
        raise BenchError(f"Linux did not end in {LIMIT_SECONDS} s: "
                         f"see {log}") from err
    except subprocess.CalledProcessError as err:
        raise BenchError(f"QEMU ended with status {err.returncode}") from err
    with open(log, encoding="utf-8", errors="replace") as file:
        lines = [line.strip() for line in file]
    lines = [line for line in lines
             if re.match(r"(BENCH|INFO|SKIP|FAIL) ", line)]
    if "INFO end 1 ok" not in lines:
        raise BenchError(f"Linux broke off: see {log}")
    lines.append(f"INFO image {os.path.getsize(kernel)} bytes")
    shown = " ".join(f"'{a}'" if " " in a else a for a in args)
    shown = shown.replace(os.path.dirname(kernel) + "/", "")
    return lines, f"{shown.replace(out + '/', '')}; osbench {job}"


# ---- Mitos ----

def run_mitos(tests, repeat, out):
    build = os.path.dirname(out)
    kernel = os.path.join(build, "mitos.elf")
    run_dir = os.path.join(out, "run")
    script = "cat /proc/meminfo\n"
    if tests["native"]:
        script += "/bench/native\n" * repeat
    if tests["osbench"]:
        script += (f"/bench/osbench -r {repeat} -t {TEST_SECONDS} "
                   f"{' '.join(tests['osbench'])}\n")
    env = dict(os.environ, MITOS_KERNEL=kernel, MITOS_RUN=run_dir,
               MITOS_BOOT=os.path.join(build, "boot.cpio"))
    done = subprocess.run(
        [os.path.join(TOP, "mitos"), "run", "--quiet", "--icount", "--cpu",
         CPU, "--mem", str(MEM_MIB), "--timeout", str(LIMIT_SECONDS),
         "--add", os.path.join(out, "root"), "--", "sh", "-c", script],
        env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True,
        errors="replace", check=False)
    if done.returncode:
        raise BenchError(f"Mitos ended with status {done.returncode}: "
                         f"see {run_dir}/console.log")
    lines = done.stdout.splitlines()
    match = re.search(r"^MemFree:\s*(\d+) kB", done.stdout, re.M)
    if match:
        lines.append(f"INFO idle_mem_free {match.group(1)} KiB")
    with open(os.path.join(run_dir, "console.log"), encoding="utf-8",
              errors="replace") as file:
        match = re.search(r"first program after (\d+) ticks", file.read())
    if match:
        lines.append(f"INFO boot {match.group(1)} tsc")
    stripped = os.path.join(out, "mitos.stripped")
    subprocess.run(["strip", "-s", "-o", stripped, kernel], check=True)
    lines.append(f"INFO image {os.path.getsize(stripped)} bytes")
    return lines
