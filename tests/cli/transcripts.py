#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Runs command-line transcripts and compares what is printed.

A transcript (*.t) is text in which lines indented by two blanks are a session:

    Text for the reader.
      $ ringfence --version
      ringfence 0.1.0
      $ ringfence nonsense
      ringfence: there is no command "nonsense"; ringfence --help lists them all
      [2]

Output is stdout and stderr together; [code] is the exit code where it is not 0. A line ending in
" (re)" is a regular expression, in " (glob)" a pattern with * and ?. `  > ` continues a command. A
carriage return is written \\r.
Each transcript runs in one bash in an empty folder of its own, with $ROOT the source tree,
$TESTDATA the folder tests/cli/data, and `ringfence` from --bin first in PATH. A command that ends
the shell with 80 skips the transcript.

usage: transcripts.py --bin DIR [--update] PATH...
"""
import argparse
import concurrent.futures
import difflib
import fnmatch
import os
import pathlib
import re
import subprocess
import sys
import tempfile

MARK = "@@transcript@@"
ROOT = pathlib.Path(__file__).resolve().parents[2]


def read_transcript(path):
    """The lines, as a list of [kind, text]; kind is text, command, more or output."""
    lines = []
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("  $ "):
            lines.append(["command", line[4:]])
        elif line.startswith("  > ") and lines and lines[-1][0] in ("command", "more"):
            lines.append(["more", line[4:]])
        elif line.startswith("  "):
            lines.append(["output", line[2:]])
        else:
            lines.append(["text", line])
    return lines


def split_blocks(lines):
    """Blocks: (text lines, command lines, expected lines); the first has no command."""
    blocks = [([], [], [])]
    for kind, text in lines:
        if kind == "command":
            blocks.append(([], [text], []))
        elif kind == "more":
            blocks[-1][1].append(text)
        elif kind == "output" and blocks[-1][1] and not blocks[-1][0]:
            blocks[-1][2].append(text)
        else:
            blocks[-1][0].append(text if kind == "text" else "  " + text)
    return blocks


def run_blocks(blocks, bin_dir):
    """Runs all commands in one shell; gives the list of output lines per command, or None."""
    script = ""
    for number, (_, command, _) in enumerate(blocks[1:]):
        script += "\n".join(command) + f"\ncode_=$?; echo; echo {MARK} {number} $code_\n"
    env = dict(os.environ, PATH=f"{bin_dir}:{os.environ['PATH']}", ROOT=str(ROOT),
               TESTDATA=str(ROOT / "tests/cli/data"), LC_ALL="C.UTF-8", TZ="UTC", COLUMNS="100")
    env.pop("RINGFENCE_DB", None)
    with tempfile.TemporaryDirectory(prefix="transcript-") as folder:
        env["TMPDIR"] = folder
        work = pathlib.Path(folder) / "work"
        work.mkdir()
        session = pathlib.Path(folder) / "session.sh"
        session.write_text(script, encoding="utf-8")
        done = subprocess.run(["bash", str(session)], stdin=subprocess.DEVNULL, cwd=work, env=env,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=240,
                              check=False)
    if done.returncode == 80:
        return None
    outputs = [[] for _ in blocks[1:]]
    text = done.stdout.decode("utf-8", "backslashreplace").replace("\r", "\\r")
    pieces = re.split(rf"\n{MARK} (\d+) (\d+)\n", "\n" + text if text.startswith(MARK) else text)
    for i in range(0, len(pieces) - 2, 3):
        piece, number, code = pieces[i], int(pieces[i + 1]), int(pieces[i + 2])
        lines = piece.split("\n")
        if lines and lines[-1] == "":
            lines.pop()
        elif piece:
            lines[-1] += " (no-eol)"
        outputs[number] = lines + ([f"[{code}]"] if code else [])
    return outputs


def line_matches(expected, actual):
    if expected == actual:
        return True
    if expected.endswith(" (re)"):
        return re.fullmatch(expected[:-5], actual) is not None
    return expected.endswith(" (glob)") and fnmatch.fnmatchcase(actual, expected[:-7])


def merge(expected, actual):
    """The actual lines, with expected patterns kept where they match."""
    patterns = [line for line in expected if line.endswith((" (re)", " (glob)"))]
    merged = []
    for line in actual:
        merged.append(next((p for p in patterns if line_matches(p, line)), line))
    return merged


def same(expected, actual):
    return len(expected) == len(actual) and all(map(line_matches, expected, actual))


def render(blocks, outputs):
    lines = list(blocks[0][0])
    for (text, command, _), output in zip(blocks[1:], outputs):
        lines.append("  $ " + command[0])
        lines += ["  > " + more for more in command[1:]]
        lines += ["  " + line for line in output]
        lines += text
    return "\n".join(lines) + "\n"


def run_one(path, options):
    """Gives (outcome, report)."""
    blocks = split_blocks(read_transcript(path))
    try:
        outputs = run_blocks(blocks, options.bin)
    except subprocess.TimeoutExpired:
        return "failed", f"{path.name}: still running after 240 s\n"
    if outputs is None:
        return "skipped", ""
    wrong = [i for i, (_, _, expected) in enumerate(blocks[1:]) if not same(expected, outputs[i])]
    if not wrong:
        return "passed", ""
    if options.update:
        path.write_text(render(blocks, [merge(b[2], o) for b, o in zip(blocks[1:], outputs)]),
                        encoding="utf-8")
        return "updated", ""
    report = ""
    for i in wrong:
        _, command, expected = blocks[1 + i]
        report += f"{path.name}: $ {command[0]}\n"
        diff = difflib.unified_diff(expected, merge(expected, outputs[i]), "expected", "printed",
                                    lineterm="", n=2)
        report += "".join(f"    {line}\n" for line in list(diff)[:60])
    return "failed", report


def main():
    parser = argparse.ArgumentParser(description="run command-line transcripts")
    parser.add_argument("--bin", required=True, type=lambda p: str(pathlib.Path(p).resolve()))
    parser.add_argument("--update", action="store_true", help="write what is printed as expected")
    parser.add_argument("paths", nargs="+", type=pathlib.Path)
    options = parser.parse_args()
    files = [f for p in options.paths for f in (sorted(p.glob("*.t")) if p.is_dir() else [p])]
    counts = {"passed": 0, "failed": 0, "skipped": 0, "updated": 0}
    with concurrent.futures.ThreadPoolExecutor(max_workers=2) as pool:
        for path, (outcome, report) in zip(files, pool.map(lambda f: run_one(f, options), files)):
            counts[outcome] += 1
            print(f"{outcome:8} {path.name}", flush=True)
            sys.stdout.write(report)
    print("transcripts: " + ", ".join(f"{n} {what}" for what, n in counts.items() if n))
    return 1 if counts["failed"] else 0


if __name__ == "__main__":
    sys.exit(main())
