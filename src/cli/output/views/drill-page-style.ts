/** How the page of a drill looks: light and dark, on paper, and on a narrow screen. */
export const drillPageStyle = `
:root {
  --page: #f6f6f3; --surface: #fdfdfb; --line: #e4e3dd; --ink: #1d1d1b; --soft: #605f59; --faint: #8d8b83;
  --bar: #6b86a8; --ok: #2c7a4b; --ok-wash: #e6f2ea; --warn: #8a5a00; --warn-wash: #f9edd4; --fail: #b3312c; --fail-wash: #fae6e4;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #161615; --surface: #1e1e1c; --line: #33332f; --ink: #ecebe6; --soft: #b3b1a9; --faint: #85837b;
    --bar: #7f9bbf; --ok: #6cc48d; --ok-wash: #1d3225; --warn: #e0b25c; --warn-wash: #38300f; --fail: #f08a83; --fail-wash: #3f1f1d;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink); font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", sans-serif; }
main { max-width: 66rem; margin: 0 auto; padding: 3.5rem 1.5rem 3rem; }
.kicker { margin: 0; color: var(--faint); font-size: .85rem; letter-spacing: .02em; }
h1 { margin: .35rem 0 .6rem; font-size: clamp(1.6rem, 4vw, 2.25rem); font-weight: 600; line-height: 1.2; letter-spacing: -.015em; text-wrap: balance; }
.mark { display: inline-grid; place-items: center; width: 1.25em; height: 1.25em; margin-right: .25em; border-radius: 50%; font-size: .8em; vertical-align: .08em; }
.ok .mark { background: var(--ok-wash); color: var(--ok); }
.fail .mark { background: var(--fail-wash); color: var(--fail); }
.lead { margin: 0; max-width: 46rem; color: var(--soft); overflow-wrap: anywhere; }
.lead b { color: var(--ink); font-weight: 600; }
.figures { display: flex; flex-wrap: wrap; gap: 1px; margin: 2.25rem 0 2.75rem; border: 1px solid var(--line); border-radius: 12px; background: var(--line); overflow: hidden; }
.figures div { display: flex; flex: 1 1 13rem; flex-direction: column; padding: 1.1rem 1.35rem; background: var(--surface); }
.label, .note { color: var(--soft); font-size: .875rem; }
.note { color: var(--faint); }
.value { font-size: 1.9rem; font-weight: 600; letter-spacing: -.02em; line-height: 1.35; }
h2 { margin: 0 0 .75rem; font-size: 1.05rem; font-weight: 600; }
section + section { margin-top: 2.75rem; }
table { width: 100%; border: 1px solid var(--line); border-radius: 12px; border-spacing: 0; background: var(--surface); overflow: hidden; font-size: .925rem; }
th, td { padding: .6rem .9rem; border-top: 1px solid var(--line); text-align: left; vertical-align: top; font-weight: 400; }
thead th { border-top: 0; color: var(--faint); font-size: .8rem; padding-block: .5rem; }
tbody th { white-space: nowrap; font-weight: 600; }
td { color: var(--soft); overflow-wrap: anywhere; }
.number { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
.when { width: 24%; min-width: 8rem; }
.track { position: relative; height: .5rem; margin-top: .5rem; border-radius: 4px; background: var(--page); }
.track i { position: absolute; top: 0; bottom: 0; min-width: 3px; border-radius: 4px; background: var(--bar); }
.badge { display: inline-grid; place-items: center; width: 1.35rem; height: 1.35rem; margin-right: .6rem; border-radius: 50%; font-size: .75rem; font-weight: 700; background: var(--ok-wash); color: var(--ok); }
.warn .badge { background: var(--warn-wash); color: var(--warn); }
.fail .badge { background: var(--fail-wash); color: var(--fail); }
.skipped .badge { background: none; color: var(--faint); }
.skipped th span:last-child, .skipped td { color: var(--faint); font-weight: 400; }
tr.fail td:nth-child(2), tr.warn td:nth-child(2) { color: var(--ink); }
tr.fail .track i { background: var(--fail); }
td ul { margin: .3rem 0 0; padding-left: 1.1rem; }
dl { display: grid; grid-template-columns: repeat(auto-fit, minmax(18rem, 1fr)); gap: .9rem 2rem; margin: 0; }
dt { color: var(--faint); font-size: .85rem; }
dd { margin: 0; overflow-wrap: anywhere; font-variant-numeric: tabular-nums; }
footer { margin-top: 3rem; padding-top: 1rem; border-top: 1px solid var(--line); color: var(--faint); font-size: .85rem; }
footer b { font-weight: 600; }
@media (max-width: 44rem) { main { padding-top: 2rem; } .when { display: none; } th, td { padding-inline: .65rem; } }
@media print { body { background: none; } main { padding: 0; } tr, .figures { break-inside: avoid; } }
`;
