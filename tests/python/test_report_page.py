"""The page of a report in a browser: no script errors; search, sorting and zoom work, on a desk and on a phone."""

from __future__ import annotations

import re
import shutil

import pytest
import torch
from playwright import sync_api as playwright
from torch import nn

import torch_tensorrt

BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")

SIZES = {"desk": (1280, 800), "phone": (390, 844)}


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv, self.norm = nn.Conv2d(8, 8, 3, padding=1), nn.BatchNorm2d(8)

    def forward(self, x):
        return torch.relu(x + self.norm(self.conv(x)))


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem, self.blocks = nn.Conv2d(3, 8, 3), nn.Sequential(Block(), Block(), Block())
        self.head = nn.Linear(8, 10)

    def forward(self, x):
        y = self.blocks(self.stem(x))
        y = y + torch.bernoulli(torch.full_like(y, 0.5))
        return self.head(self.blocks(y).mean([2, 3])).softmax(-1)


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    script = torch.jit.script(Model().eval())
    inputs = [torch.rand(1, 3, 16, 16)]
    compiled = torch_tensorrt.compile(script, inputs=inputs, device="cpu", min_block_size=1)
    path = tmp_path_factory.mktemp("report") / "report.html"
    torch_tensorrt.report(compiled, inputs).save(path)
    return path


@pytest.fixture(scope="module")
def browser():
    assert BROWSER is not None, "no Chromium is installed; tools/setup.sh test installs it"
    with playwright.sync_playwright() as running:
        started = running.chromium.launch(executable_path=BROWSER, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture(params=SIZES)
def page(request, browser, path):
    width, height = SIZES[request.param]
    opened = browser.new_page(viewport={"width": width, "height": height})
    problems, requests = [], []
    opened.on("pageerror", lambda error: problems.append(str(error)))
    opened.on("console", lambda text: problems.append(text.text) if text.type in ("error", "warning") else None)
    opened.on("request", lambda one: requests.append(one.url))
    opened.goto(path.as_uri())
    yield opened
    assert problems == []
    assert [url for url in requests if not url.startswith(("file:", "data:"))] == []
    opened.close()


def rows(page, table):
    return page.locator(f"#{table} tbody tr:visible")


def column(page, table, name):
    headers = [text.strip() for text in page.locator(f"#{table} th").all_inner_texts()]
    index = next(i for i, text in enumerate(headers) if text.startswith(name))
    return page.locator(f"#{table} tbody tr td:nth-child({index + 1})").all_inner_texts()


def view(page):
    text = page.locator("#picture > svg:not([hidden])").get_attribute("viewBox")
    return [float(number) for number in text.split()]


def test_the_page_is_not_wider_than_the_window(page):
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert page.title() == "Model: report of the compiled module"


def test_search_shows_only_rows_with_all_words(page):
    everything = rows(page, "layers-table").count()
    search = page.locator("input[data-table=layers-table]")
    search.fill("convolution blocks.1")
    found = rows(page, "layers-table").all_inner_texts()
    assert 0 < len(found) < everything
    assert all("convolution" in text and "blocks.1" in text for text in found)
    assert page.locator("[data-found=layers-table]").inner_text() == f"{len(found)} of {everything} rows"
    search.fill("no layer has this")
    assert rows(page, "layers-table").count() == 0
    search.fill("")
    assert rows(page, "layers-table").count() == everything


def test_sorting_by_number_and_by_text(page):
    header = page.locator("#layers-table th", has_text="Time")
    header.locator("button").click()
    times = [float(text) for text in column(page, "layers-table", "Time") if text != "-"]
    assert times == sorted(times, reverse=True) and len(set(times)) > 1
    assert header.get_attribute("aria-sort") == "descending"
    header.locator("button").click()
    assert [float(text) for text in column(page, "layers-table", "Time") if text != "-"] == times[::-1]
    page.locator("#layers-table th", has_text="Kind").locator("button").click()
    kinds = column(page, "layers-table", "Kind")
    assert kinds == sorted(kinds) and len(set(kinds)) > 1
    assert header.get_attribute("aria-sort") is None


def test_zoom_by_buttons_and_wheel(page):
    page.locator("#zoom-fit").click()
    whole = view(page)
    page.locator("#zoom-in").click()
    closer = view(page)
    assert closer[2] == pytest.approx(whole[2] / 1.4)
    assert closer[0] + closer[2] / 2 == pytest.approx(whole[0] + whole[2] / 2)  # the center stays
    page.locator("#zoom-out").click()
    assert view(page) == pytest.approx(whole)
    svg = page.locator("#picture > svg:not([hidden])")
    svg.scroll_into_view_if_needed()
    place = svg.bounding_box()
    page.mouse.move(place["x"] + place["width"] / 2, place["y"] + place["height"] / 3)
    page.keyboard.down("Control")
    page.mouse.wheel(0, -240)
    page.keyboard.up("Control")
    page.wait_for_timeout(100)
    assert view(page)[2] < whole[2]
    page.locator("#zoom-fit").click()
    assert view(page) == pytest.approx(whole)


def test_dragging_moves_the_picture(page):
    page.locator("#zoom-fit").click()
    before = view(page)
    svg = page.locator("#picture > svg:not([hidden])")
    svg.scroll_into_view_if_needed()
    place = svg.bounding_box()
    x, y = place["x"] + place["width"] / 2, place["y"] + place["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 40, y + 25, steps=4)
    page.mouse.up()
    scale = before[2] / place["width"]
    assert view(page)[:2] == pytest.approx([before[0] - 40 * scale, before[1] - 25 * scale])


def test_levels_colors_and_details(page):
    levels = page.locator("#level-choice option").all_inner_texts()
    counts = [int(re.search(r"\((\d+) box", text).group(1)) for text in levels]
    assert counts == sorted(counts) and len(set(counts)) == len(counts) >= 3
    page.locator("#level-choice").select_option(label=levels[-1])
    boxes = page.locator("#picture > svg:not([hidden]) .box")
    assert boxes.count() == counts[-1]
    color = "getComputedStyle(document.querySelector('#picture > svg:not([hidden]) .box rect')).fill"
    by_executor = page.evaluate(color)
    page.locator("#color-choice").select_option("by-time")
    assert page.evaluate(color) != by_executor
    page.locator("#box-search").fill("bernoulli")
    assert page.locator("#box-found").inner_text() == "1 boxes"
    page.locator(".box.match").first.click()
    assert "aten::bernoulli" in page.locator("#details").inner_text()
    assert "runs in: PyTorch" in page.locator("#details").inner_text()
