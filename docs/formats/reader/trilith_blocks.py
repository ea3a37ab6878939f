#!/usr/bin/env python3
"""Reads Trilith's blocks from the pages in docs/formats alone, to show that a second reader can be written from them.

    trilith_blocks.py [--items] FILE.block...
                                          prints one JSON object per line: the block, its series, streams or traces,
                                          then the content of its chunks, pages or spans (without attributes);
                                          with --items only samples, entries and spans, one per line

Needs Python 3.11 and the `zstd` command. Versions: metrics 2 and 3, logs 3, traces 1. It checks every checksum that it
passes, takes the file into memory whole and is not fast.
"""
import json
import struct
import subprocess
import sys
from datetime import datetime, timezone

KINDS = {0x4D425254: "metrics", 0x4C425254: "logs", 0x54425254: "traces"}
CRC = []
for n in range(256):
    for _ in range(8):
        n = n >> 1 ^ 0x82F63B78 * (n & 1)
    CRC.append(n)


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc = crc >> 8 ^ CRC[(crc ^ byte) & 255]
    return crc ^ 0xFFFFFFFF


def signed(n):
    """A number of 64 bits, as all arithmetic here wraps."""
    n &= (1 << 64) - 1
    return n - (1 << 64) if n >> 63 else n


def zstd(data):
    return subprocess.run(["zstd", "-dcq"], input=data, stdout=subprocess.PIPE, check=True).stdout


class Bytes:
    """Reads forward."""

    def __init__(self, data, at=0):
        self.data, self.at = data, at

    def take(self, n):
        if n < 0 or self.at + n > len(self.data):
            raise ValueError("cut short")
        self.at += n
        return self.data[self.at - n:self.at]

    def u(self, n):
        return int.from_bytes(self.take(n), "little")

    def varint(self):
        n = shift = 0
        while True:
            byte = self.u(1)
            n |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return n

    def zigzag(self):
        n = self.varint()
        return n >> 1 ^ -(n & 1)

    def string(self):
        return self.take(self.varint()).decode()

    def bits(self, count, width):
        """Numbers of one width, lowest bit first, padded to a byte."""
        whole = self.u((count * width + 7) // 8)
        return [whole >> i * width & (1 << width) - 1 for i in range(count)]


def checked(part):
    """The content of a page or part that ends with its checksum."""
    content, crc = part[:-4], int.from_bytes(part[-4:], "little")
    if crc32c(content) != crc:
        raise ValueError("a checksum is wrong")
    return content


def packed(data):
    r = Bytes(data)
    length = r.varint()
    content = zstd(r.take(len(data) - r.at))
    assert len(content) == length
    return content


def container(data):
    """block.md: kind, name and sections by number."""
    magic, version, kind, crc = struct.unpack("<4sIII", data[:16])
    assert magic == b"TRBK" and crc == crc32c(data[:12])
    length, footer_crc, end = struct.unpack("<II4s", data[-12:])
    footer = data[-12 - length:-12]
    assert end == b"TRBE" and footer_crc == crc32c(footer)
    r = Bytes(footer)
    name = r.string() if version >= 2 else ""
    sections = {}
    for _ in range(r.varint()):
        number, offset, size, crc = r.varint(), r.varint(), r.varint(), r.u(4)
        sections[number] = data[offset:offset + size]
        assert crc == crc32c(sections[number])
    return KINDS[kind], name, sections


# ---------------------------------------------------------------- metrics: metric-block.md, metric-chunk.md


def metrics(sections):
    names, shapes = labels_section(Bytes(sections[3]))
    r = Bytes(sections[7])
    version, series_count, _ = r.varint(), r.varint(), r.varint()
    data, parts = Bytes(sections[1]), {}
    for _ in range(r.varint()):
        length, kind = divmod(r.varint(), 2 if version == 2 else 4)
        parts[kind] = parts.get(kind, b"") + checked(data.take(length))
    columns, at, before = [], 0, 0
    for _ in range(r.varint()):
        length, count = r.varint(), r.varint()
        before += r.zigzag()
        columns.append((at, length, count, before, before + r.varint()))
        at += length
    r, series, last = Bytes(sections[2]), [], -1
    lengths = [r.varint() for _ in range((series_count + 15) // 16)]
    groups = [r.take(length) for length in lengths]
    for group in groups:
        g = Bytes(group)
        offset, column, state = g.varint(), g.varint() - 1, None
        for _ in range(min(16, series_count - len(series))):
            state = series_labels(g, state, shapes)
            chunks = []
            for _ in range(g.varint()):
                column += 1 + g.zigzag()
                word = g.varint()
                chunks.append((offset, word >> 2, word & 3, column))
                offset += word >> 2
            text = {names[n][0]: names[n][1][v] for n, v in zip(shapes[state[0]], state[1])}
            series.append((text, chunks))
    for text, chunks in series:
        yield {"series": text, "chunks": [{"samples": columns[c[3]][2], "from": columns[c[3]][3], "to": columns[c[3]][4]} for c in chunks]}
    for text, chunks in series:
        for offset, length, word, column in chunks:
            at, size, count, _, _ = columns[column]
            read = {"chunk": text, "times": longs(Bytes(parts[1][at:at + size]), count)}
            r = Bytes(parts[0][offset:offset + length])
            if word & 2:
                read["starts"] = longs(r, count)
            read["histograms" if word & 1 else "values"] = (histograms if word & 1 else floats)(r, count)
            yield read


def labels_section(r):
    names = []
    for _ in range(r.varint()):
        text, values, before = r.string(), [], b""
        count = r.varint()
        for _ in range(count):
            shared = r.varint()
            before = before[:shared] + r.take(r.varint())
            values.append(before.decode())
        for _ in range(count):
            r.varint()  # the length of its list in POSTINGS
        names.append((text, values))
    return names, [[r.varint() for _ in range(r.varint())] for _ in range(r.varint())]


def series_labels(r, before, shapes):
    """Shape and numbers of the values."""
    word = r.varint()
    if word & 1:
        shape = r.varint()
        return shape, [r.varint() for _ in shapes[shape]]
    shape, values = before[0], list(before[1])
    for bit in range(len(values)):
        if word >> 1 >> bit & 1:
            values[-1 - bit] += r.zigzag()
    return shape, values


def longs(r, count):
    head = r.u(1)
    coder, order = head & 3, head >> 2 & 3
    first = r.zigzag()
    if coder == 0:
        return [first] * count
    factor = r.varint() if head & 16 else 1
    step = r.zigzag() if order == 2 else 0
    positions = distances = ()
    if head & 32:
        n, width = r.varint(), r.u(1)
        positions = r.bits(n, max(0, count - 2).bit_length())
        distances = [d >> 1 ^ -(d & 1) for d in r.bits(n, width)]
    base = r.zigzag()
    if coder == 1:
        rest = [base + n for n in r.bits(count - 1, r.u(1))]
    else:
        low, bins = r.u(1), r.u(1)
        codes = prefix_codes(r, bins + (head >> 6 & 1))
        half = count // 2
        rest = bin_stream(Bytes(r.take(r.varint())), codes, half, base, low, bins)
        rest += bin_stream(r, codes, count - 1 - half, base, low, bins)
    for position, distance in zip(positions, distances):
        rest[position] = base + distance
    n, numbers = 0, [first]
    for residual in rest:
        step += residual
        n = (residual, n + residual, n + step)[order]
        numbers.append(signed(first + factor * n))
    return numbers


def prefix_codes(r, symbols):
    """Canonical codes by (length, code): the bit that decides first is the lowest."""
    whole, at, length, lengths = int.from_bytes(r.data[r.at:], "little"), 0, 5, []
    for _ in range(symbols):
        bits = whole >> at
        if bits & 1 == 0:
            at += 1
        elif bits & 2 == 0:
            at, length = at + 2, length + 1
        elif bits & 4 == 0:
            at, length = at + 3, length - 1
        else:
            at, length = at + 7, bits >> 3 & 15
        lengths.append(length)
    r.take((at + 7) // 8)
    codes, code = {}, 0
    for size in range(1, 10):
        code <<= 1
        for symbol, length in enumerate(lengths):
            if length == size:
                codes[size, code] = symbol
                code += 1
    return codes


def bin_stream(r, codes, count, base, low, bins):
    whole, at, found = int.from_bytes(r.data[r.at:], "little"), 0, []
    for _ in range(count):
        size = code = 0
        while (size, code) not in codes:
            if size > 9:
                raise ValueError("no such code")
            code, size, at = code << 1 | whole >> at & 1, size + 1, at + 1
        symbol = codes[size, code]
        if symbol == bins:
            found.append(0)  # the symbol for a residual of zero
        else:
            found.append(base + (symbol << low) + (whole >> at & (1 << low) - 1))
            at += low
    r.take((at + 7) // 8)
    return found


def double(bits):
    return struct.unpack("<d", struct.pack("<Q", bits & (1 << 64) - 1))[0]


def floats(r, count):
    head, specials = r.u(1), {}
    if head & 16:
        at = 0
        for i in range(r.varint()):
            at += r.varint()
            specials[at] = "stale" if r.u(1) == 0 else double(r.u(8))
    exponent, values = head & 15, []
    for i, n in enumerate(longs(r, count)):
        if exponent == 15:
            n ^= (1 << 63) - 1 if n < 0 else 0
            values.append(double(n))
        else:
            values.append(n / 10 ** exponent)
        if i in specials:
            values[-1] = specials[i]
    return values


def histograms(r, count):
    found, layout = [], None
    for _ in range(count):
        head = r.u(1)
        if not head & 8:
            layout = {"schema": r.zigzag(), "zeroThreshold": double(r.u(8)), "spans": [[(r.zigzag(), r.varint()) for _ in range(r.varint())] for _ in range(2)]}
            layout["bounds"] = [double(r.u(8)) for _ in range(r.varint())]
        total = double(r.u(8))
        whole = head & 4
        n, zero = (r.varint(), r.varint()) if whole else (double(r.u(8)), double(r.u(8)))
        sides = []
        for _ in range(2):
            side, last = [], 0
            for _ in range(r.varint()):
                last = last + r.zigzag() if whole else double(r.u(8))
                side.append(last)
            sides.append(side)
        found.append({**layout, "sum": total, "zeroCount": zero, "count": n, "positive": sides[0], "negative": sides[1]})
    return found


# ---------------------------------------------------------------- logs: log-block.md


def logs(sections):
    r = Bytes(sections[3])
    symbols = [r.string() for _ in range(r.varint())]
    r, at = Bytes(sections[5]), 0
    assert r.varint() == 3
    streams = []
    for _ in range(r.varint()):
        labels = {symbols[r.varint()]: symbols[r.varint()] for _ in range(r.varint())}
        pages = []
        for _ in range(r.varint()):
            kind = r.varint()
            low = r.zigzag()
            page = {"kind": kind, "from": low, "to": low + r.varint(), "entries": r.varint(), "lineBytes": r.varint()}
            parts = [r.varint() for _ in range(4 if kind == 1 else 2)]
            pages.append((page, sections[1][at:at + parts[-1]], parts))
            at += parts[-1]
        streams.append((labels, pages))
    for labels, pages in streams:
        yield {"stream": labels, "pages": [page for page, _, _ in pages]}
    for labels, pages in streams:
        for page, content, parts in pages:
            rest = content[parts[0]:]  # behind the filter
            read = split_page(rest, parts, page["entries"]) if page["kind"] == 1 else plain_page(packed(checked(rest)))
            yield {"page": labels, "entries": read}


def plain_page(raw):
    r = Bytes(raw)
    count = r.varint()
    times, time = [], 0
    for _ in range(count):
        time += r.zigzag()
        times.append(time)
    lengths = [r.varint() for _ in range(count)]
    places = [r.varint() for _ in range(count)]
    metadata = r.take(r.varint())
    entries = []
    for time, length, place in zip(times, lengths, places):
        more = {}
        if place:
            m = Bytes(metadata, place - 1)
            more = {m.string(): m.string() for _ in range(m.varint())}
        entries.append([time, r.take(length).decode(errors="replace"), more])
    return entries


def split_page(content, parts, count):
    r = Bytes(content)
    times = ints(Bytes(checked(r.take(parts[1]))), count, None)
    head = Bytes(blob(Bytes(checked(r.take(parts[2])))))
    templates = []
    for _ in range(head.varint()):
        rows, text = head.varint(), head.take(head.varint())
        names = [head.string() for _ in range(head.varint())]
        places = []
        for _ in range(text.count(0) + len(names)):
            place = head.varint()
            places.append((None, head.u(1), head.varint()) if place == 0 else (place - 1, 0, 0))
        templates.append((rows, text, names, places))
    of = ints(head, count, None)
    cells = {}
    for number, (rows, text, names, places) in enumerate(templates):
        own = [time for time, template in zip(times, of) if template == number]
        for place, (earlier, _, length) in enumerate(places):
            if earlier is None:
                cells[number, place] = column(Bytes(checked(r.take(length))), own)
            else:
                cells[number, place] = cells[number, earlier]
    entries, row = [], [0] * len(templates)
    for time, number in zip(times, of):
        _, text, names, _ = templates[number]
        values = [cells[number, place][row[number]] for place in range(text.count(0) + len(names))]
        row[number] += 1
        pieces = text.split(b"\0")
        line = pieces[0] + b"".join(value + piece for value, piece in zip(values, pieces[1:]))
        more = {name: value.decode() for name, value in zip(names, values[len(pieces) - 1:])}
        entries.append([time, line.decode(errors="replace"), more])
    return entries


def blob(r):
    kind = r.u(1)
    length = r.varint()
    if kind == 0:
        return r.take(length)
    return zstd(r.take(r.varint())) if kind == 1 else r.take(1) * length


def ints(r, count, times):
    mode, first, base, factor, width = r.u(1), r.zigzag(), r.zigzag(), r.varint(), r.u(1)
    planes = [blob(r) for _ in range(width)]
    steps = [signed(base + factor * sum(plane[i] << 8 * p for p, plane in enumerate(planes))) for i in range(count - (mode == 1))]
    if mode == 1:
        numbers = [first]
        for step in steps:
            numbers.append(signed(numbers[-1] + step))
        return numbers
    if mode == 0:
        return steps
    unit = 1000 ** (mode - 2)
    return [signed(time // unit + step) for time, step in zip(times, steps)]


def column(r, times):
    count, kind = len(times), r.u(1)
    if kind == 0:
        return [r.data[r.at:]] * count
    if kind in (1, 8):
        values = r.varint() if kind == 1 else count
        lengths = ints(r, values, None)
        body = Bytes(blob(r))
        texts = [body.take(length) for length in lengths]
        return texts if kind == 8 else [texts[i] for i in ints(r, count, None)]
    if kind == 6:
        digits = r.u(1)
        return [r.take((digits + 1) // 2).hex()[:digits].encode() for _ in range(count)]
    if kind == 7:
        ids = [r.take(16).hex() for _ in range(count)]
        return ["-".join((i[:8], i[8:12], i[12:16], i[16:20], i[20:])).encode() for i in ids]
    if kind == 5:
        separator, point, digits = chr(r.u(1)), chr(r.u(1)), r.u(1)
        return [moment(n, separator, point, digits).encode() for n in ints(r, count, times)]
    extra = r.u(1) if kind in (2, 3) else 0
    numbers = ints(r, count, times)
    if kind == 4:
        return [b"%d.%d.%d.%d" % tuple((n & 0xFFFFFFFF).to_bytes(4, "big")) for n in numbers]
    if kind == 2:
        return [b"%0*d" % (extra, n) for n in numbers]
    return [decimal(n, extra).encode() for n in numbers]


def decimal(n, scale):
    digits = str(abs(n)).zfill(scale + 1)
    return "-" * (n < 0) + digits[:-scale] + "." + digits[-scale:]


def moment(n, separator, point, digits):
    seconds, fraction = divmod(n, 10 ** digits)
    text = datetime.fromtimestamp(seconds, timezone.utc).strftime("%Y-%m-%d" + separator + "%H:%M:%S")
    return text + (point + str(fraction).zfill(digits) if digits else "")


# ---------------------------------------------------------------- traces: trace-block.md


def traces(sections):
    r, groups = Bytes(sections[2]), []
    for _ in range(r.varint()):
        group = {"spans": r.varint(), "first": trace_id(r), "last": trace_id(r), "from": r.zigzag()}
        group.update(to=group["from"] + r.varint(), shortest=r.varint(), longest=r.varint())
        columns = {}
        for _ in range(r.varint()):
            code = r.varint()
            key = code if code else (r.varint(), r.varint(), r.string())
            columns[key] = r.varint(), r.varint()
        groups.append((group, columns))
    read = lambda where: Bytes(packed(checked(sections[1][where[0]:where[0] + where[1]])))
    for group, columns in groups:
        r, start = read(columns[1]), []
        for _ in range(r.varint()):
            trace = {"trace": trace_id(r), "spans": r.varint(), "from": r.zigzag()}
            trace["to"] = trace["from"] + r.varint()
            start += [(trace["trace"], trace["from"])] * trace["spans"]
            yield trace
        n = group["spans"]
        ids, kinds = read(columns[2]), numbers(read(columns[6]), n)
        starts, durations = numbers(read(columns[4]), n), numbers(read(columns[5]), n)
        early = numbers(read(columns[23]), n) if 23 in columns else [0] * n
        names = texts(read(columns[7]), n)
        for i in range(n):
            at = start[i][1] + starts[i]
            yield {"span": "%016x" % ids.u(8), "trace": start[i][0], "name": names[i], "kind": kinds[i] >> 8,
                   "status": kinds[i] & 255, "start": at, "end": at + durations[i] - early[i]}


def trace_id(r):
    return "%016x%016x" % (r.u(8), r.u(8))


def numbers(r, count):
    low, width = r.zigzag(), r.u(1)
    return [signed(low + n) for n in r.bits(count, width)]


def texts(r, count):
    known = [r.string() for _ in range(r.varint())]
    return [known[n] for n in numbers(r, count)]


def items(one):
    """One line of text per sample, entry or span, with tabs between."""
    if "values" in one or "histograms" in one:
        values = one.get("values") or one.get("histograms")
        return [(one["chunk"], time, value) for time, value in zip(one["times"], values)]
    if "entries" in one:
        return [(one["page"], time, more, line) for time, line, more in one["entries"]]
    return [tuple(one.values())] if "span" in one else []


def text(value):
    return json.dumps(value, ensure_ascii=False, sort_keys=True) if isinstance(value, dict) else str(value)


if __name__ == "__main__":
    flat = "--items" in sys.argv
    for file in sys.argv[1:]:
        if file == "--items":
            continue
        with open(file, "rb") as data:
            kind, name, sections = container(data.read())
        if not flat:
            print(json.dumps({"block": name, "signal": kind}))
        for one in {"metrics": metrics, "logs": logs, "traces": traces}[kind](sections):
            for item in items(one) if flat else ():
                print("\t".join(map(text, item)))
            if not flat:
                print(json.dumps(one))
