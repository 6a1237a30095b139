"""Every signal can be told of, those that Python has no name for, too."""

from __future__ import annotations

import signal

from wsgid.daemon.signal_name import signal_name


def test_a_signal_is_called_what_everybody_calls_it() -> None:
    assert "SIGSEGV" == signal_name(signal.SIGSEGV)


def test_every_signal_of_the_kernel_has_a_name() -> None:
    numbers = range(1, signal.SIGRTMAX + 1)

    assert len(numbers) == len({signal_name(number) for number in numbers})


def test_a_real_time_signal_is_called_by_its_number() -> None:
    assert "signal 40" == signal_name(40)
