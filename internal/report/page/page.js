'use strict';
(() => {
  const page = document.body.dataset;
  const lo = Number(page.lo), hi = Number(page.hi), bucket = Number(page.bucket), slots = Number(page.slots);
  const all = (selector, root = document) => Array.from(root.querySelectorAll(selector));
  // The clocks of the page's zone: what they are ahead of UTC, in seconds, from each time on.
  const offsets = page.offsets.split(' ').map(o => o.split(':').map(Number));
  const ahead = seconds => offsets.findLast(([from], i) => i === 0 || from <= seconds)[1];
  const local = seconds => new Date((seconds + ahead(seconds)) * 1000);
  const clock = (seconds, length) => local(seconds).toISOString().slice(0, length).replace('T', ' ');
  const time = seconds => clock(seconds, bucket < 60 ? 19 : 16);

  // The table: each finding is a tbody of a row and what the row opens to.
  const table = document.getElementById('table');
  const findings = all('#table > tbody');
  const cells = finding => finding.rows[0].cells;
  const heads = table ? all('thead th', table) : [];
  let ranked = findings.slice(); // in the order of the head that was asked for

  // Tab-separated lines become a table when they are first shown. Each address gets its
  // copy button, and each public destination the texts that look it up elsewhere: they are
  // copied, never followed.
  const make = (tag, className, text) => {
    const e = document.createElement(tag);
    if (className) e.className = className;
    if (text !== undefined) e.textContent = text;
    return e;
  };
  const icon = () => {
    const b = make('button', 'icon');
    b.type = 'button';
    b.title = 'Copy';
    b.setAttribute('aria-label', 'Copy');
    return b;
  };
  const lookups = [
    ['VirusTotal', a => 'https://www.virustotal.com/gui/ip-address/' + a],
    ['Shodan', a => 'https://www.shodan.io/host/' + a],
    ['WHOIS', a => 'whois ' + a],
  ];
  const lookupCell = (address, kind) => {
    const td = make('td', 'lookups');
    if (kind === 'public') {
      lookups.forEach(([name, text]) => {
        const b = make('button', 'copy', name);
        b.type = 'button';
        b.dataset.text = b.title = text(address);
        td.append(b);
      });
    }
    return td;
  };
  const numeric = new Set(['flows', 'bytes']);
  const build = pre => {
    const [head, ...lines] = pre.textContent.replace(/\n$/, '').split('\n').map(line => line.split('\t'));
    const built = make('table', 'hosts-table'), kind = head.indexOf('kind');
    const row = built.createTHead().insertRow();
    head.forEach((name, i) => {
      row.append(make('th', numeric.has(name) ? 'num' : '', name));
      if (i === 0 && kind >= 0) row.append(make('th', 'lookups', 'copy for'));
    });
    const body = built.createTBody();
    lines.forEach(line => {
      const tr = body.insertRow();
      line.forEach((text, i) => {
        const td = make('td', numeric.has(head[i]) ? 'num' : '');
        if (i === 0 || head[i] === 'name' && text) td.append(make('span', i ? '' : 'addr', text), icon());
        else td.textContent = text;
        tr.append(td);
        if (i === 0 && kind >= 0) tr.append(lookupCell(line[0], line[kind]));
      });
    });
    pre.replaceWith(built);
  };
  const toggle = (finding, open) => {
    const [row, more] = finding.rows;
    if (open) all('pre.tsv', more).forEach(build);
    more.hidden = !open;
    row.querySelector('.open').setAttribute('aria-expanded', open);
  };
  table?.addEventListener('click', event => {
    const row = event.target.closest('tr.row');
    if (!row || event.target.closest('button:not(.open)') || String(getSelection()) !== '') return;
    toggle(row.parentNode, row.nextElementSibling.hidden);
  });

  // What is shown: the checked verdicts, of which every word of the filter stands somewhere
  // in the finding, in the order asked for and grouped.
  const filter = document.getElementById('filter'), group = document.getElementById('group');
  const boxes = all('.verdicts input');
  const texts = new Map();
  const textOf = finding => {
    if (!texts.has(finding)) texts.set(finding, finding.textContent.toLowerCase());
    return texts.get(finding);
  };
  const place = () => {
    all('tbody.group', table).forEach(g => g.remove());
    const by = group.value, groups = new Map();
    ranked.forEach(f => {
      const key = by ? f.dataset[by] : '';
      if (!groups.has(key)) groups.set(key, []);
      groups.get(key).push(f);
    });
    const parts = [];
    groups.forEach((members, key) => {
      const shown = members.filter(f => !f.hidden).length;
      if (by && shown) {
        const g = make('tbody', 'group'), th = make('th', '', key);
        th.colSpan = heads.length;
        th.scope = 'rowgroup';
        th.append(make('span', 'n', ' ' + shown + (shown === 1 ? ' finding' : ' findings')));
        g.insertRow().append(th);
        parts.push(g);
      }
      parts.push(...members);
    });
    table.append(...parts);
  };
  const apply = () => {
    const words = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
    const kinds = new Set(boxes.filter(box => box.checked).map(box => box.value));
    let shown = 0;
    findings.forEach(f => {
      f.hidden = !(kinds.has(f.dataset.kind) && words.every(w => textOf(f).includes(w)));
      shown += !f.hidden;
    });
    document.getElementById('shown').textContent = shown + ' of ' + findings.length + ' shown';
    document.getElementById('none').hidden = shown > 0;
    if (group.value) place();
  };
  heads.forEach(head => head.querySelector('button')?.addEventListener('click', () => {
    const descending = head.getAttribute('aria-sort') === 'ascending';
    heads.forEach(th => th.removeAttribute('aria-sort'));
    head.setAttribute('aria-sort', descending ? 'descending' : 'ascending');
    const value = f => cells(f)[head.cellIndex].dataset.v;
    const numbers = findings.every(f => value(f) !== '' && !isNaN(value(f)));
    ranked.sort((a, b) => {
      const [x, y] = [value(a), value(b)];
      const order = numbers ? x - y : x < y ? -1 : x > y ? 1 : 0;
      return descending ? -order : order;
    });
    place();
  }));
  if (table) {
    filter.addEventListener('input', apply);
    group.addEventListener('change', place);
    boxes.forEach(box => box.addEventListener('change', apply));
    apply();
  }

  // On paper each finding that is shown is open.
  const legend = document.querySelector('.legend');
  let opened = [], legendOpen = false;
  addEventListener('beforeprint', () => {
    opened = findings.filter(f => !f.hidden && f.rows[1].hidden);
    opened.forEach(f => toggle(f, true));
    if (legend) [legendOpen, legend.open] = [legend.open, true];
    all('.more:not([hidden]) img').forEach(img => { img.loading = 'eager'; });
  });
  addEventListener('afterprint', () => {
    opened.forEach(f => toggle(f, false));
    if (legend) legend.open = legendOpen;
  });

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
  const copied = button => {
    const { copy: id, text } = button.dataset;
    if (id) return document.getElementById(id).textContent;
    if (text) return text;
    if ('copyHosts' in button.dataset) return Array.from(button.closest('.hosts').querySelector('table').tBodies[0].rows).map(tr => tr.cells[0].textContent + '\n').join('');
    return button.previousElementSibling.textContent;
  };
  document.addEventListener('click', async event => {
    const button = event.target.closest('button.copy, button.icon');
    if (!button) return;
    const text = copied(button);
    await copy(text);
    button.dataset.copied = text.length;
    if (button.className === 'icon') {
      setTimeout(() => { delete button.dataset.copied; }, 1500);
      return;
    }
    const label = button.textContent;
    if (label === 'Copied') return;
    button.style.minWidth = button.offsetWidth + 'px';
    button.textContent = 'Copied';
    setTimeout(() => { button.textContent = label; }, 1500);
  });

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
    if (!decoded.has(section)) decoded.set(section, decode(section.dataset.series));
    return decoded.get(section);
  };

  // Drawing: the series of an open finding is drawn when it comes near the screen and let
  // go when it is far from it, so that hundreds stay light.
  const maxPoints = 200000;
  const charts = new Map();
  const color = (section, name) => getComputedStyle(section).getPropertyValue(name).trim();
  const whole = Array.from({ length: 36 }, (_, i) => [1, 2, 5][i % 3] * 10 ** Math.floor(i / 3)); // steps of calls
  const draw = async section => {
    const counts = await series(section);
    if (charts.has(section) || !near.has(section)) return;
    const figure = section, place = figure.querySelector('.live'), out = figure.querySelector('.readout');
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
      tzDate: seconds => uPlot.tzDate(local(seconds), 'Etc/UTC'),
      legend: { show: false },
      cursor: { y: false, drag: { x: true, y: false } },
      scales: { y: { range: (u, min, max) => [0, Math.max(max, 1)] } },
      axes: [{ ...axis, space: years ? 90 : 60, values: (u, splits, n, space, step) => splits.map(s => label(s, step)) }, { ...axis, size: 56, incrs: whole }],
      series: [{}, { stroke: hue, fill: hue + '40', width: 1, points: { show: false } }],
      hooks: {
        setCursor: [u => {
          const i = u.cursor.idx;
          out.textContent = i == null ? '' : time(u.data[0][i]) + ': ' + u.data[1][i];
        }],
        setScale: [(u, key) => {
          if (key === 'x') [figure.dataset.from, figure.dataset.to] = [u.scales.x.min, u.scales.x.max];
        }],
      },
    }, [x, y], place));
  };
  const years = time(lo * bucket).slice(0, 4) !== time((hi - 1) * bucket).slice(0, 4);
  const label = (seconds, step) => {
    const text = local(seconds).toISOString();
    return step >= 86400 && years ? text.slice(0, 10) : step >= 86400 || text.slice(11, 19) === '00:00:00' ? text.slice(5, 10) : step < 60 ? text.slice(11, 19) : text.slice(11, 16);
  };
  const letGo = section => {
    if (!charts.has(section)) return;
    charts.get(section).destroy();
    charts.delete(section);
    section.classList.remove('drawn');
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
  const sections = all('.chart');
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
    const heat = section.nextElementSibling, map = heat.querySelector('img'), out = heat.querySelector('.readout');
    const cycle = Math.floor(lo / slots), cycles = Math.floor((hi - 1) / slots) - cycle + 1;
    pointed(map, out, async (across, up) => {
      const column = Math.min(cycles - 1, Math.floor(across * cycles)), slot = Math.min(slots - 1, Math.floor(up * slots));
      const index = (cycle + column) * slots + slot;
      const calls = (await series(section)).get(index) || 0;
      return 'slot ' + slot + ', ' + time(index * bucket) + ': ' + calls;
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
      const when = clock((Number(first) + across * (last - first)) / 1000, 19);
      if (folded === undefined) return when + ', ' + span(low * (top / low) ** up);
      const share = Number(low) + up * (top - low);
      return when + ', ' + Math.abs(100 * share).toFixed(0) + '% of T ' + (share < 0 ? 'early' : 'late');
    });
  });
})();
