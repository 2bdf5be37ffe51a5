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

SIZES = {"desk": (1440, 900), "phone": (390, 844)}


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
    checked = torch_tensorrt.verify(script, compiled, [inputs])
    torch_tensorrt.report(compiled, inputs, verification=checked).save(path)
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


def microseconds(text):
    number, unit = text.split()
    return float(number) * {"µs": 1, "ms": 1e3, "s": 1e6}[unit]


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
    times = [microseconds(text) for text in column(page, "layers-table", "Time") if text != "-"]
    assert times == sorted(times) and len(set(times)) > 1
    assert header.get_attribute("aria-sort") == "ascending"  # the page begins with the slowest
    header.locator("button").click()
    assert [microseconds(text) for text in column(page, "layers-table", "Time") if text != "-"] == times[::-1]
    page.locator("#layers-table th", has_text="Kind").locator("button").click()
    kinds = [text.splitlines()[0] for text in column(page, "layers-table", "Kind")]
    assert kinds == sorted(kinds) and len(set(kinds)) > 1
    assert header.get_attribute("aria-sort") is None


def test_every_table_can_be_sorted_by_every_column(page):
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    page.locator("input[data-all]").check()
    tables = page.locator("table").all()
    assert len(tables) > 12
    values = """(table, column) => [...table.tBodies[0].rows].map((row) =>
        row.cells[column].dataset.value ?? row.cells[column].textContent.trim())"""
    for table in tables:
        for column, header in enumerate(table.locator("th").all()):
            before = header.get_attribute("aria-sort")
            if not header.is_visible():
                continue
            header.locator("button").click()
            now = header.get_attribute("aria-sort")
            assert now in ("ascending", "descending") and now != before
            found = [text for text in table.evaluate(values, column) if text != ""]
            if "number" in (header.get_attribute("class") or ""):
                numbers = [float(text) for text in found]
                assert numbers == sorted(numbers, reverse=now == "descending")


def test_labels_are_not_cut_off_and_do_not_overlap(page):
    levels = page.locator("#level-choice option").count()
    for level in range(levels):
        page.locator("#level-choice").select_option(index=level)
        outside = page.evaluate(
            """() => [...document.querySelectorAll('#picture > svg:not([hidden]) .box')].flatMap((box) => {
              const frame = box.querySelector('rect').getBoundingClientRect();
              return [...box.querySelectorAll('text')].map((text) => [text.textContent, text.getBoundingClientRect()])
                .filter(([, r]) => r.left < frame.left - 1 || r.right > frame.right + 1)
                .map(([text]) => text);
            })"""
        )
        assert outside == []
        overlapping = page.evaluate(
            """() => {
              const frames = [...document.querySelectorAll('#picture > svg:not([hidden]) .box rect')]
                .map((rect) => rect.getBoundingClientRect());
              return frames.filter((a, i) => frames.some((b, j) => i < j && a.left < b.right && b.left < a.right
                && a.top < b.bottom && b.top < a.bottom)).length;
            }"""
        )
        assert overlapping == 0
    cut = """() => [...document.querySelectorAll('.cards dd, .cards dt, h1, h2, h3, p, li, td, label, .mark')]
      .filter((one) => one.clientWidth > 0 && one.scrollWidth > one.clientWidth + 1)
      .map((one) => one.textContent)"""
    assert page.evaluate(cut) == []
    marks = page.evaluate(
        """() => [...document.querySelectorAll('.chart')].map((chart) => [...chart.querySelectorAll('.mark')]
          .map((mark) => mark.getBoundingClientRect()).map((place) => [place.top, place.bottom]))"""
    )
    for places in marks:
        places.sort()
        assert all(a[1] <= b[0] + 1 for a, b in zip(places, places[1:], strict=False))


def test_the_keyboard_reaches_and_moves_in_the_picture(page):
    page.locator("#picture > svg:not([hidden]) .box[tabindex='0']").focus()
    focused = "document.activeElement.querySelector('text').textContent"
    first = page.evaluate(focused)
    page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement.classList.contains('box')")
    assert page.locator("#picture > svg:not([hidden]) .box[tabindex='0']").count() == 1
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    title = page.evaluate(focused)
    assert page.locator("#details").inner_text().startswith(title.removeprefix("…")[:8]) or title != first
    before = view(page)
    page.keyboard.press("+")
    assert view(page)[2] < before[2]
    for region in page.locator(".scroll").all():
        assert region.get_attribute("tabindex") == "0" and region.get_attribute("aria-label")


CONTRAST = r"""() => {
  const numbers = (color) => color.match(/[\d.]+/g).map(Number);
  const light = ([r, g, b]) => {
    const linear = (c) => (c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
    const [x, y, z] = [r, g, b].map((c) => linear(c / 255));
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const ground = (one) => {
    for (let node = one; node; node = node.parentElement) {
      const color = numbers(getComputedStyle(node).backgroundColor);
      if (color.length === 3 || color[3] > 0.99) return color;
    }
    return [255, 255, 255];
  };
  const ratio = (a, b) => {
    const [x, y] = [light(a), light(b)].sort((p, q) => q - p);
    return (x + 0.05) / (y + 0.05);
  };
  const kinds = 'h1, p, a, dt, dd, td, th button, summary, label, .legend span, .found, .mark, pre';
  const texts = [...document.querySelectorAll(kinds)]
    .map((one) => [one.className || one.tagName, ratio(numbers(getComputedStyle(one).color), ground(one))]);
  const fill = (box, part) => numbers(getComputedStyle(box.querySelector(part)).fill);
  const boxes = [...document.querySelectorAll('#picture > svg:not([hidden]) .box')]
    .map((box) => ['box', ratio(fill(box, 'text'), fill(box, 'rect'))]);
  return [...texts, ...boxes].filter(([, value]) => value < 4.5);
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_contrast_of_texts(page, scheme):
    page.emulate_media(color_scheme=scheme)
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    background = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (background == "rgb(255, 255, 255)") == (scheme == "light")
    assert page.evaluate(CONTRAST) == []
    page.locator("#color-choice").select_option("by-time")
    assert page.evaluate(CONTRAST) == []


def test_find_goes_on_to_the_next_box(page):
    page.locator("#level-choice").select_option(index=page.locator("#level-choice option").count() - 1)
    search = page.locator("#box-search")
    search.fill("convolution")
    assert re.match(r"1 of \d+ boxes", page.locator("#box-found").inner_text())
    before = view(page)
    search.press("Enter")
    assert page.locator("#box-found").inner_text().startswith("2 of ")
    assert view(page)[:2] != before[:2]
    search.fill("no such operator")
    assert page.locator("#box-found").inner_text() == "no box"


def test_the_slowest_layers_are_first(page):
    times = page.locator("#layers-table tbody td[data-value]").evaluate_all(
        "(cells) => [...new Set(cells.map((cell) => cell.parentNode))].map((row) => Number(row.cells[3].dataset.value))"
    )
    assert times == sorted(times, reverse=True) and times[0] > times[-1] > 0


def test_the_errors_of_a_verification(page):
    rows = page.locator("#errors-table tbody tr")
    assert rows.count() == page.locator("#errors .chart rect").count() > 3
    first = page.locator("#errors strong").inner_text()  # a random number differs between the calls
    assert first.startswith("The first tensor below 20 dB is ")
    bad = page.locator("#errors-table td.bad").first.locator("xpath=..").locator("td").nth(1).inner_text().split()[0]
    assert bad in first
    assert page.locator("#errors .chart rect.bad").count() == page.locator("#errors-table td.bad").count() > 0
    assert page.locator("#outputs-table tbody tr").count() == 1


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
    assert page.locator("#box-found").inner_text() == "1 box"
    page.locator(".box.match").first.click()
    assert "aten::bernoulli" in page.locator("#details").inner_text()
    assert "runs in: PyTorch" in page.locator("#details").inner_text()
