"""A model whose price nobody knows: the page says so, takes a price, and tells apart what the calls come to."""

from __future__ import annotations

from classifier.bootstrap import Services
from classifier.later_prices import find_later_price
from tests.pages.conftest import Open, words
from tests.unit.test_later_prices import call, run


def test_a_price_is_entered_on_the_page_of_costs_and_marked_as_entered(running: Services, open_page: Open) -> None:
    running.executor.stop()
    job = run(running, [call("a", "acme-1", None)], job_id="p" * 26)
    at = open_page("costs", job=job.id)
    assert not at.exception
    assert "1 of 1 calls is not known" in words(at)
    for name, usd in (("input", 2.0), ("cached", 1.0), ("output", 8.0)):
        at.number_input(key=f"price_{name}_{job.id}_acme-1").set_value(usd)
    at.text_input(key=f"price_author_{job.id}_acme-1").set_value("eva")
    at.button(key=f"FormSubmitter:price_{job.id}_acme-1-Tell the cost at this price").click().run()
    assert not at.exception
    kept = find_later_price(running, job, "acme-1")
    assert kept is not None
    assert kept.by == "eva"
    shown = {m.label: m.value.replace("\\", "") for m in at.metric}
    assert shown["Calls without a known price"] == shown["With the known cost"] == "$0.00240"
    assert shown["Cost of the job"] == "unknown"
    assert "no call has a known price" in words(at)
    assert at.dataframe[-1].value["wasted"].tolist() == ["unknown"]
    assert f"entered on {kept.price.on} by eva" in words(at).replace("\\", "")
    overview = open_page("overview", job=job.id)
    assert f"at the price entered on {kept.price.on} they come to" in words(overview)
    at = open_page("costs", "es-ES", job=job.id)
    assert "Al precio introducido después" in words(at)
    at = open_page("costs", job=job.id)
    at.button(key=f"forget_price_{job.id}_acme-1").click().run()
    assert find_later_price(running, job, "acme-1") is None
    assert not at.exception


def test_a_price_without_the_output_is_asked_for_again(running: Services, open_page: Open) -> None:
    running.executor.stop()
    job = run(running, [call("a", "acme-1", None)], job_id="p" * 26)
    at = open_page("costs", job=job.id)
    at.number_input(key=f"price_input_{job.id}_acme-1").set_value(2.0)
    at.button(key=f"FormSubmitter:price_{job.id}_acme-1-Tell the cost at this price").click().run()
    assert "A price of input and one of output are needed." in words(at)
    assert find_later_price(running, job, "acme-1") is None
