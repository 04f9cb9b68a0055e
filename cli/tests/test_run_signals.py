# SPDX-License-Identifier: Apache-2.0
"""Signals, job control, and processes that outlive the command."""

from __future__ import annotations

import os
import pty
import resource
import select
import signal
import sys
import time
import unittest

from harness import FFISAN, PATIENCE, LauncherTest, wait_until

# Counts the signals that reach it, into files named by them; ends when the file "end" appears.
COUNTER = """
import os, signal, sys, time
counts = {}
def count(number, frame):
    counts[number] = counts.get(number, 0) + 1
    with open("new", "w") as file:
        file.write(str(counts[number]))
    os.rename("new", signal.Signals(number).name)
for name in sys.argv[1:]:
    signal.signal(getattr(signal, name), count)
open("ready", "w").close()
deadline = time.monotonic() + 60
while not os.path.exists("end") and time.monotonic() < deadline:
    time.sleep(0.01)
"""
COUNTED = ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2", "SIGCONT", "SIGWINCH"]


class Signals(LauncherTest):
    def test_each_is_passed_on_once(self) -> None:
        process = self.start("--", sys.executable, "-c", COUNTER, *COUNTED)
        self.wait_for_file("ready")
        for name in COUNTED:
            process.send_signal(getattr(signal, name))
            path = self.wait_for_file(name)
        time.sleep(0.2)
        for name in COUNTED:
            path = self.place / name
            self.assertEqual(path.read_text(), "1", name)
        (self.place / "end").touch()
        self.assertEqual(process.wait(PATIENCE), 0)

    def test_term_ends_the_command_and_the_report_is_written(self) -> None:
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
            process = self.start("--", "sh", "-c", "touch ready; exec sleep 60")
            self.wait_for_file("ready")
            process.send_signal(number)
            self.assertEqual(process.wait(PATIENCE), 128 + number)
            self.assertIn("not_watched", self.report())
            self.assertEqual(self.leftovers(), [])
            (self.place / "ready").unlink()

    def test_what_the_command_sends_to_its_group_comes_once(self) -> None:
        script = "trap 'echo x' TERM; kill -TERM 0; sleep 0.3"
        process = self.start("--", "sh", "-c", script, start_new_session=True)
        output, _ = process.communicate(timeout=PATIENCE)
        self.assertEqual(output, b"x\n")

    def test_ignored_signals_stay_ignored(self) -> None:
        def ignore() -> None:
            for number in (signal.SIGINT, signal.SIGCHLD, signal.SIGPIPE, signal.SIGHUP):
                signal.signal(number, signal.SIG_IGN)
            signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR1})

        process = self.start("--", "grep", "-E", "^Sig(Blk|Ign)", "/proc/self/status", preexec_fn=ignore, restore_signals=False)
        output, _ = process.communicate(timeout=PATIENCE)
        self.assertEqual(process.returncode, 0)
        fields = dict(line.split(":\t") for line in output.decode().splitlines())
        bits = {1 << (number - 1) for number in (signal.SIGINT, signal.SIGCHLD, signal.SIGPIPE, signal.SIGHUP)}
        self.assertTrue(all(int(fields["SigIgn"], 16) & bit for bit in bits), fields)
        self.assertEqual(int(fields["SigBlk"], 16), 1 << (signal.SIGUSR1 - 1))

    def test_default_signals_are_default(self) -> None:
        process = self.start("--", "grep", "-E", "^Sig(Blk|Ign)", "/proc/self/status")
        output, _ = process.communicate(timeout=PATIENCE)
        self.assertEqual(output.split(), [b"SigBlk:", b"0" * 16, b"SigIgn:", b"0" * 16])

    def test_a_stop_of_the_commands_own_does_not_stop_the_launcher(self) -> None:
        script = "(sleep 0.3; kill -CONT $$) & kill -STOP $$; exit 5"
        process = self.start("--", "sh", "-c", script)
        self.assertEqual(process.wait(PATIENCE), 5)

    def test_waiting_costs_nothing(self) -> None:
        process = self.start("--", "sleep", "1.5")
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        self.assertEqual(process.returncode, 0)
        self.assertLess(usage.ru_nvcsw, 60)  # how often it slept: not a loop
        self.assertLess(usage.ru_utime + usage.ru_stime, 1.0)


class Terminal:
    """A session with a terminal of its own, whose leader starts one job in the foreground, as a shell does, and writes down what
    becomes of it: "stopped" or a status. A line on its terminal is not needed: it is told by signals to the terminal's keys only.
    """

    def __init__(self, test: LauncherTest, *arguments: str) -> None:
        self.test = test
        reader, self.events = os.pipe()
        self.reader = os.fdopen(reader, "r")
        self.leader, self.terminal = pty.fork()
        if self.leader == 0:
            self.lead([FFISAN, "run", f"--report=json:{test.json}", *arguments])
        os.close(self.events)
        test.addCleanup(self.close)

    def lead(self, arguments: list[str]) -> None:
        signal.signal(signal.SIGTTOU, signal.SIG_IGN)
        os.chdir(self.test.place)
        job = os.fork()
        if job == 0:
            os.setpgid(0, 0)
            os.tcsetpgrp(0, os.getpid())
            signal.signal(signal.SIGTTOU, signal.SIG_DFL)
            signal.signal(signal.SIGPIPE, signal.SIG_DFL)
            os.execve(arguments[0], arguments, self.test.environment)
        while True:
            _, status = os.waitpid(job, os.WUNTRACED)
            if not os.WIFSTOPPED(status):
                os.write(self.events, f"{os.waitstatus_to_exitcode(status)}\n".encode())
                os._exit(0)
            os.write(self.events, b"stopped\n")
            while not os.path.exists("foreground"):
                time.sleep(0.01)
            os.kill(-job, signal.SIGCONT)
            os.remove("foreground")

    def press(self, key: bytes) -> None:
        os.write(self.terminal, key)

    def event(self) -> str:
        ready, _, _ = select.select([self.reader], [], [], PATIENCE)
        self.test.assertTrue(ready, "nothing became of the job")
        return self.reader.readline().strip()

    def close(self) -> None:
        self.reader.close()
        os.close(self.terminal)  # hangs up
        os.kill(self.leader, signal.SIGKILL)
        os.waitpid(self.leader, 0)


class JobControl(LauncherTest):
    def test_interrupt_key_reaches_the_command_once(self) -> None:
        terminal = Terminal(self, "--", sys.executable, "-c", COUNTER, "SIGINT", "SIGQUIT")
        self.wait_for_file("ready")
        terminal.press(b"\x03")
        self.wait_for_file("SIGINT")
        terminal.press(b"\x1c")
        self.wait_for_file("SIGQUIT")
        time.sleep(0.3)
        self.assertEqual((self.place / "SIGINT").read_text(), "1")
        self.assertEqual((self.place / "SIGQUIT").read_text(), "1")
        (self.place / "end").touch()
        self.assertEqual(terminal.event(), "0")

    def test_interrupt_key_ends_the_command_and_is_reported(self) -> None:
        terminal = Terminal(self, "--", "sh", "-c", "touch ready; exec sleep 60")
        self.wait_for_file("ready")
        terminal.press(b"\x03")
        self.assertEqual(terminal.event(), "130")
        self.assertIn("not_watched", self.report())
        self.assertEqual(self.leftovers(), [])

    def test_stop_key_stops_both_and_foreground_continues_both(self) -> None:
        # One process: a shell that is stopped while a child of its vfork is stopped too cannot report its own stop.
        terminal = Terminal(self, "--", sys.executable, "-c", COUNTER + "sys.exit(7)")
        self.wait_for_file("ready")
        for _ in range(3):
            terminal.press(b"\x1a")
            self.assertEqual(terminal.event(), "stopped")
            (self.place / "foreground").touch()
            wait_until(lambda: not (self.place / "foreground").exists(), "the shell to continue the job")
            time.sleep(0.1)
        (self.place / "end").touch()
        self.assertEqual(terminal.event(), "7")


class Descendants(LauncherTest):
    def test_orphans_are_waited_for(self) -> None:
        result = self.run_reported("--wait=20", "--", "sh", "-c", "(sleep 0.5; touch late) >/dev/null 2>&1 & exit 4")
        self.assertEqual(result.returncode, 4)
        self.assertTrue((self.place / "late").exists())
        self.assertEqual([entry for entry in self.not_watched() if entry["what"].startswith("process ")], [])

    def test_those_that_stay_are_named(self) -> None:
        started = time.monotonic()
        script = "sh -c 'sleep 61 & echo $!; sleep 62 & echo $!; exit 0' & wait; exit 0"
        process = self.start("--wait=0.3", "--", "sh", "-c", f"({script}) >pids")
        self.assertEqual(process.wait(PATIENCE), 0)
        self.assertLess(time.monotonic() - started, 15)
        pids = (self.place / "pids").read_text().split()
        for pid in pids:
            os.kill(int(pid), signal.SIGKILL)
        self.assertEqual(len(pids), 2)
        for pid in pids:
            (entry,) = (entry for entry in self.not_watched() if entry["what"] == f"process {pid} (sleep)")
            self.assertEqual(entry["why"], "still running after 0.3 s")
        self.assertEqual(self.leftovers(), [])

    def test_a_signal_ends_the_wait(self) -> None:
        process = self.start("--wait=60", "--", "sh", "-c", "sleep 60 >/dev/null 2>&1 & echo $! >pid; exit 0")
        pid = int(wait_for_number(self, "pid"))
        time.sleep(0.5)
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(PATIENCE), 0)
        os.kill(pid, signal.SIGKILL)
        self.assertTrue(any(f"process {pid} (sleep)" == entry["what"] for entry in self.not_watched()))
        self.assertEqual(self.leftovers(), [])

    def test_children_of_the_shell_that_became_the_launcher_are_not_ours(self) -> None:
        script = f"sleep 30 >/dev/null 2>&1 & echo $! >pid; exec {FFISAN} run --wait=20 --report=json:{self.json} -- true"
        started = time.monotonic()
        self.run_reported("--wait=0", "--", "sh", "-c", script)
        os.kill(int((self.place / "pid").read_text()), signal.SIGKILL)
        self.assertLess(time.monotonic() - started, 15)

    def test_thousands_of_orphans(self) -> None:
        script = "i=0; while [ $i -lt 2000 ]; do (true &) ; i=$((i+1)); done"
        _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        self.assertEqual(self.run_reported("--", "sh", "-c", f"ulimit -n {min(hard, 64)}; {script}").returncode, 0)
        self.assertEqual(self.leftovers(), [])


def wait_for_number(test: LauncherTest, name: str) -> str:
    path = test.wait_for_file(name)
    wait_until(lambda: path.read_text().endswith("\n"), f"a number in {name}")
    return path.read_text()


if __name__ == "__main__":
    unittest.main()
