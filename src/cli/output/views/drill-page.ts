/** The report of `drill` as one HTML page: everything in it, nothing fetched, nothing run. */
import type { DrillCheck, DrillCheckStatus, DrillReport } from '../../../operations/drill/index.ts';
import { formatHumanSize } from '../human-size.ts';
import { drillPageStyle } from './drill-page-style.ts';
import { drilledWith, seconds } from './drill-view.ts';

/** By which a page is known as one of ours, so that it may be replaced by the next. */
export const drillPageMark = '<!doctype html>\n<!-- holdfast drill report -->\n';

export function formatDrillPage(report: DrillReport): string {
  const name = fileName(report.source);
  const title = `${report.ok ? 'Proven' : 'Failed'}: ${name}`;
  return `${drillPageMark}<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${text(title)}</title>
<style>${drillPageStyle}</style>
</head>
<body>
<main>
${header(report, name)}
${figures(report)}
${checkTable(report)}
${facts(report)}
<footer>Made by <b>holdfast drill</b> on ${text(moment(report.startedAtMs))}. Keys and values of the backup are not in this page.</footer>
</main>
</body>
</html>
`;
}

function header(report: DrillReport, name: string): string {
  const failed = report.checks.filter(({ status }) => status === 'fail').length;
  const verdict = report.ok
    ? 'This backup comes back.'
    : `This backup did not come back as what it claims to be.`;
  const skipped = failed === 1 ? 'One check failed' : `${failed} checks failed`;
  const how = report.firstAnswerMs === undefined ? 'It was never started.' : `${drilledWith(report)}.`;
  return `<header class="${report.ok ? 'ok' : 'fail'}">
<p class="kicker">Recovery drill</p>
<h1><span class="mark" aria-hidden="true">${report.ok ? '✓' : '✕'}</span> ${verdict}</h1>
<p class="lead"><b>${text(name)}</b>, ${kindWords[report.kind]} of ${formatHumanSize(report.sizeBytes)}. ${report.ok ? '' : `${skipped}. `}${text(how)}</p>
</header>`;
}

const kindWords: Readonly<Record<DrillReport['kind'], string>> = {
  snapshot: 'a snapshot',
  database: 'a bare database',
  'data-dir': 'a data dir',
};

function figures({ firstAnswerMs, provenMs, tookMs, facts: known }: DrillReport): string {
  const tiles = [
    [
      'Until the first answer',
      seconds(firstAnswerMs) || '–',
      firstAnswerMs === undefined ? 'none came' : 'checked, restored, started',
    ],
    provenMs === undefined
      ? ['Until the drill ended', seconds(tookMs), 'not everything was proven']
      : ['Until everything was proven', seconds(provenMs), 'every key read, restarted, compared again'],
    ...(known === undefined
      ? []
      : [['Keys', known.keys.toLocaleString('en'), `at revision ${known.revision.toLocaleString('en')}`]]),
  ];
  return `<section class="figures" aria-label="Figures">${tiles
    .map(
      ([label = '', value = '', note = '']) =>
        `<div><span class="label">${text(label)}</span><span class="value">${text(value)}</span><span class="note">${text(note)}</span></div>`,
    )
    .join('')}</section>`;
}

function checkTable({ checks, tookMs }: DrillReport): string {
  let startMs = 0;
  const rows = checks.map((check) => {
    const row = checkRow(check, startMs, Math.max(tookMs, 1));
    startMs += check.tookMs;
    return row;
  });
  return `<section><h2>Checks, in their order</h2>
<table><thead><tr><th scope="col">Check</th><th scope="col">Result</th><th scope="col" class="when">When</th><th scope="col" class="number">Took</th></tr></thead>
<tbody>${rows.join('\n')}</tbody></table></section>`;
}

function checkRow(
  { name, status, summary, findings, tookMs, omittedFindings }: DrillCheck,
  startMs: number,
  totalMs: number,
): string {
  const more = findings.filter(({ severity, message }) => severity !== 'ok' && !summary.startsWith(message));
  const lines = more.map(({ severity, message }) => `<li class="${severity}">${text(message)}</li>`);
  if (omittedFindings > 0) lines.push(`<li>and ${omittedFindings} more</li>`);
  const list = lines.length === 0 ? '' : `<ul>${lines.join('')}</ul>`;
  const share = (ms: number) => Math.min(100, (ms / totalMs) * 100).toFixed(2);
  const bar = status === 'skipped' ? '' : `<i style="left:${share(startMs)}%;width:${share(tookMs)}%"></i>`;
  return `<tr class="${status}"><th scope="row">${badge(status)}<span>${name}</span></th><td>${text(summary)}${list}</td><td class="when"><div class="track" aria-hidden="true">${bar}</div></td><td class="number">${status === 'skipped' ? '' : seconds(tookMs)}</td></tr>`;
}

const badges: Readonly<Record<DrillCheckStatus, readonly [sign: string, words: string]>> = {
  ok: ['✓', 'passed'],
  warn: ['!', 'passed, with a warning'],
  fail: ['✕', 'failed'],
  skipped: ['–', 'not made'],
};

function badge(status: DrillCheckStatus): string {
  const [sign, words] = badges[status];
  return `<span class="badge" role="img" aria-label="${words}" title="${words}">${sign}</span>`;
}

function facts({ facts: known, source, startedAtMs, keptSandbox }: DrillReport): string {
  const rows: [string, string][] = [
    ['File', source],
    ['Drilled', moment(startedAtMs)],
    ...(known === undefined
      ? []
      : ([
          ['Revision', known.revision.toString()],
          ['HashKV', `${known.hashKv} (compact revision ${known.compactRevision})`],
          ...(known.fileSha256 === undefined ? [] : [['SHA-256 of the file', known.fileSha256]]),
          ['Leases', known.leases.toString()],
          ['Members then', known.members.join(', ')],
        ] as [string, string][])),
    ...(keptSandbox === undefined ? [] : ([['Sandbox kept', keptSandbox]] as [string, string][])),
  ];
  return `<section><h2>The backup</h2><dl>${rows
    .map(([term, value]) => `<div><dt>${term}</dt><dd>${text(value)}</dd></div>`)
    .join('')}</dl></section>`;
}

function fileName(path: string): string {
  return path.replace(/\/+$/, '').split('/').at(-1) ?? path;
}

function moment(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function text(value: string): string {
  return value.replace(/[&<>"']/g, (sign) => entities[sign]!);
}
