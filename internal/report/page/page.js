'use strict';
(() => {
  const page = document.body.dataset;
  const lo = Number(page.lo), hi = Number(page.hi), bucket = Number(page.bucket), slots = Number(page.slots);
  const all = (selector, root = document) => Array.from(root.querySelectorAll(selector));
  const sections = new Map(all('section.finding').map(s => [s.id, s]));
  const utc = seconds => new Date(seconds * 1000).toISOString().slice(0, bucket < 60 ? 19 : 16).replace('T', ' ');

  // A list is a table to be sorted by a column, the other way when asked again, and
  // to be filtered: every word has to stand somewhere in what a row is about, its
  // section or itself.
  const list = (table, rows, about, cells) => {
    if (!table) return;
    const heads = all('thead th', table);
    heads.forEach(head => head.querySelector('button')?.addEventListener('click', () => {
      const descending = head.getAttribute('aria-sort') === 'ascending';
      heads.forEach(th => th.removeAttribute('aria-sort'));
      head.setAttribute('aria-sort', descending ? 'descending' : 'ascending');
      const value = row => cells(row)[head.cellIndex].dataset.v;
      const numbers = rows.every(row => value(row) !== '' && !isNaN(value(row)));
      rows.sort((a, b) => {
        const [x, y] = [value(a), value(b)];
        const order = numbers ? x - y : x < y ? -1 : x > y ? 1 : 0;
        return descending ? -order : order;
      });
      rows.forEach(row => [row, about(row)].forEach(part => part.parentNode.append(part)));
    }));

    const tools = table.closest('.scroll').previousElementSibling;
    const filter = tools.querySelector('input[type=search]'), boxes = all('input[type=checkbox]', tools);
    const texts = new Map();
    const textOf = row => {
      if (!texts.has(row)) texts.set(row, about(row).textContent.toLowerCase());
      return texts.get(row);
    };
    const apply = () => {
      const words = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
      const kinds = new Set(boxes.filter(box => box.checked).map(box => box.value));
      let shown = 0;
      rows.forEach(row => {
        const keep = kinds.has(row.dataset.kind) && words.every(w => textOf(row).includes(w));
        row.hidden = about(row).hidden = !keep;
        shown += keep;
      });
      tools.querySelector('output').textContent = shown + ' of ' + rows.length + ' shown';
    };
    filter.addEventListener('input', apply);
    boxes.forEach(box => box.addEventListener('change', apply));
    apply();
  };
  list(document.getElementById('table'), all('#table tbody tr'), row => sections.get(row.dataset.of), row => row.cells);
  list(document.getElementById('pairs'), all('#pairs tbody'), pair => pair, pair => pair.rows[0].cells);

  // Copying: where the browser refuses its clipboard, by a selection.
  const copy = async text => {
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      const area = document.createElement('textarea');
      area.value = text;
      document.body.append(area);
      area.select();
      document.execCommand('copy');
      area.remove();
    }
  };
  all('button.copy').forEach(button => button.addEventListener('click', async () => {
    const { copy: id, copyOf: table } = button.dataset;
    const text = id ? document.getElementById(id).textContent
      : all('tbody tr', document.getElementById(table)).map(tr => tr.cells[0].textContent + '\n').join('');
    await copy(text);
    const label = button.textContent;
    button.textContent = 'Copied';
    button.dataset.copied = text.length;
    setTimeout(() => { button.textContent = label; }, 1500);
  }));

  // A series: gzip of varints, for each bucket with calls the buckets skipped
  // since the one before, then the calls.
  const decode = async text => {
    const packed = Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), c => c.charCodeAt(0));
    const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream('gzip'));
    const bytes = new Uint8Array(await new Response(stream).arrayBuffer());
    const counts = new Map();
    let at = 0, index = lo - 1;
    const next = () => {
      let value = 0, scale = 1;
      for (;;) {
        const b = bytes[at++];
        value += (b & 127) * scale;
        if (b < 128) return value;
        scale *= 128;
      }
    };
    while (at < bytes.length) {
      index += next() + 1;
      counts.set(index, next());
    }
    return counts;
  };
  const decoded = new WeakMap();
  const series = section => {
    if (!decoded.has(section)) decoded.set(section, decode(section.querySelector('.chart').dataset.series));
    return decoded.get(section);
  };

  // Drawing: a finding is drawn when it comes near the screen and let go when it
  // is far from it, so that two hundred stay light.
  const maxPoints = 200000;
  const charts = new Map();
  const color = (section, name) => getComputedStyle(section).getPropertyValue(name).trim();
  const draw = async section => {
    const counts = await series(section);
    if (charts.has(section) || !near.has(section)) return;
    const figure = section.querySelector('.chart'), place = figure.querySelector('.live'), out = figure.querySelector('.readout');
    const step = Math.max(1, Math.ceil((hi - lo) / maxPoints));
    const n = Math.ceil((hi - lo) / step);
    const x = new Float64Array(n), y = new Float64Array(n);
    for (let i = 0; i < n; i++) x[i] = (lo + i * step) * bucket;
    for (const [index, calls] of counts) {
      const i = Math.floor((index - lo) / step);
      if (i >= 0 && i < n) y[i] = Math.max(y[i], calls);
    }
    figure.classList.add('drawn');
    const axis = { stroke: color(section, '--soft'), grid: { stroke: color(section, '--line'), width: 1 }, ticks: { stroke: color(section, '--line'), width: 1 } };
    const hue = color(section, '--hue') || color(section, '--soft');
    charts.set(section, new uPlot({
      width: place.clientWidth || 600, height: 190,
      tzDate: seconds => uPlot.tzDate(new Date(seconds * 1000), 'Etc/UTC'),
      legend: { show: false },
      cursor: { y: false, drag: { x: true, y: false } },
      scales: { y: { range: (u, min, max) => [0, Math.max(max, 1)] } },
      axes: [{ ...axis, space: 60, values: (u, splits, n, space, step) => splits.map(s => label(s, step)) }, { ...axis, size: 56 }],
      series: [{}, { stroke: hue, fill: hue + '40', width: 1, points: { show: false } }],
      hooks: {
        setCursor: [u => {
          const i = u.cursor.idx;
          out.textContent = i == null ? '' : utc(u.data[0][i]) + ': ' + u.data[1][i];
        }],
        setScale: [(u, key) => {
          if (key === 'x') [figure.dataset.from, figure.dataset.to] = [u.scales.x.min, u.scales.x.max];
        }],
      },
    }, [x, y], place));
  };
  const label = (seconds, step) => {
    const text = new Date(seconds * 1000).toISOString();
    return step >= 86400 || text.slice(11, 19) === '00:00:00' ? text.slice(5, 10) : step < 60 ? text.slice(11, 19) : text.slice(11, 16);
  };
  const letGo = section => {
    if (!charts.has(section)) return;
    charts.get(section).destroy();
    charts.delete(section);
    section.querySelector('.chart').classList.remove('drawn');
  };
  const near = new Set();
  const canDraw = typeof DecompressionStream === 'function';
  const watch = new IntersectionObserver(entries => entries.forEach(entry => {
    if (!entry.isIntersecting) {
      near.delete(entry.target);
      letGo(entry.target);
    } else if (canDraw) {
      near.add(entry.target);
      draw(entry.target);
    }
  }), { rootMargin: '600px 0px' });
  sections.forEach(section => watch.observe(section));
  const redraw = () => { [...charts.keys()].forEach(letGo); near.forEach(draw); };
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', redraw);
  addEventListener('resize', () => charts.forEach((chart, section) =>
    chart.setSize({ width: section.querySelector('.live').clientWidth, height: 190 })));

  // Zooming by keys and buttons; the pointer's is uPlot's own.
  const zoom = (section, how) => {
    const chart = charts.get(section);
    if (!chart) return false;
    const first = lo * bucket, last = (hi - 1) * bucket;
    let { min, max } = chart.scales.x;
    const middle = (min + max) / 2, half = (max - min) / 2;
    switch (how) {
      case 'in': [min, max] = [middle - half / 2, middle + half / 2]; break;
      case 'out': [min, max] = [middle - half * 2, middle + half * 2]; break;
      case 'left': [min, max] = [min - half / 2, max - half / 2]; break;
      case 'right': [min, max] = [min + half / 2, max + half / 2]; break;
      default: [min, max] = [first, last];
    }
    if (max - min < 5 * bucket) return true;
    const length = Math.min(max - min, last - first);
    min = Math.min(Math.max(min, first), last - length);
    chart.setScale('x', { min, max: min + length });
    return true;
  };
  // While the pointer is over a picture, out says what lies there: shares of its width
  // and, upward, of its height.
  const pointed = (picture, out, words) => {
    picture.addEventListener('pointermove', async event => {
      const box = picture.getBoundingClientRect();
      const share = v => Math.min(1, Math.max(0, v));
      out.textContent = await words(share((event.clientX - box.left) / box.width), share(1 - (event.clientY - box.top) / box.height));
    });
    picture.addEventListener('pointerleave', () => { out.textContent = ''; });
  };

  const keys = { '+': 'in', '=': 'in', '-': 'out', ArrowLeft: 'left', ArrowRight: 'right', 0: 'reset' };
  sections.forEach(section => {
    section.querySelector('.live').addEventListener('keydown', event => {
      if (!event.ctrlKey && !event.metaKey && !event.altKey && keys[event.key] && zoom(section, keys[event.key])) event.preventDefault();
    });
    all('button[data-zoom]', section).forEach(button => button.addEventListener('click', () => zoom(section, button.dataset.zoom)));

    // What lies under the pointer in the map of slots.
    const map = section.querySelector('.heat img'), out = section.querySelector('.heat .readout');
    const cycle = Math.floor(lo / slots), cycles = Math.floor((hi - 1) / slots) - cycle + 1;
    pointed(map, out, async (across, up) => {
      const column = Math.min(cycles - 1, Math.floor(across * cycles)), slot = Math.min(slots - 1, Math.floor(up * slots));
      const index = (cycle + column) * slots + slot;
      const calls = (await series(section)).get(index) || 0;
      return 'slot ' + slot + ', ' + utc(index * bucket) + ': ' + calls;
    });
  });

  // What lies under the pointer in the pictures of a pair.
  const span = seconds => {
    const [length, unit] = seconds < 120 ? [1, ' s'] : seconds < 7200 ? [60, ' min'] : [3600, ' h'];
    return Number((seconds / length).toPrecision(3)) + unit;
  };
  all('.picture').forEach(figure => {
    const { first, last, low, top, folded } = figure.dataset;
    pointed(figure.querySelector('.frame'), figure.querySelector('.readout'), (across, up) => {
      const when = new Date(Number(first) + across * (last - first)).toISOString().slice(0, 19).replace('T', ' ');
      if (folded === undefined) return when + ', ' + span(low * (top / low) ** up);
      const share = Number(low) + up * (top - low);
      return when + ', ' + Math.abs(100 * share).toFixed(0) + '% of T ' + (share < 0 ? 'early' : 'late');
    });
  });
})();
