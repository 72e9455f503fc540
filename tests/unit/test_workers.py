"""Telling a vanished worker from one that lives."""

from __future__ import annotations

import multiprocessing

from classifier.executors.workers import enrol, is_gone, retire, worker_name


def _name(pipe: object) -> None:
    pipe.send(worker_name())  # type: ignore[attr-defined]
    pipe.recv()  # type: ignore[attr-defined]


def test_a_worker_of_this_process_is_gone_when_it_has_ended() -> None:
    worker = worker_name()
    enrol(worker)
    assert not is_gone(worker)
    retire(worker)
    assert is_gone(worker)


def test_a_worker_of_another_process_is_gone_with_its_process() -> None:
    here, there = multiprocessing.Pipe()
    child = multiprocessing.get_context("spawn").Process(target=_name, args=(there,))
    child.start()
    worker = here.recv()
    assert not is_gone(worker)
    child.kill()
    child.join()
    assert is_gone(worker)


def test_a_process_that_got_the_number_of_a_vanished_one_is_not_taken_for_it() -> None:
    place, pid, birth, nonce = worker_name().split(":")
    assert is_gone(f"{place}:{pid}:{int(birth) - 5}:{nonce}")


def test_a_worker_on_another_host_or_with_a_strange_name_is_left_to_its_lease() -> None:
    assert not is_gone("elsewhere/1:99999999:1:ab")
    assert not is_gone("w1")
