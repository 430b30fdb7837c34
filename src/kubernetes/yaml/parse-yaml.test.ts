import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { stringify } from 'yaml';
import { hasCode } from '../../base/index.ts';
import { parseYaml } from './parse-yaml.ts';
import type { YamlNode } from './yaml-node.ts';

test('values are text, with their lines and places', () => {
  const text =
    "# about\r\na: 0777   # octal\r\nb:\r\n  - \"x\\ty\"\r\n  - 'it''s'\r\n  - |\r\n    two\r\n    lines\r\n";
  const root = parseYaml(text, 'f');
  assert.deepEqual(content(root), { a: '0777', b: ['x\ty', "it's", 'two\nlines\n'] });
  const at = (node: YamlNode) => text.slice(node.start, node.end).trimEnd();
  assert.ok(root.kind === 'map');
  const a = root.entries.get('a')!;
  const b = root.entries.get('b')!;
  assert.ok(b.kind === 'list');
  assert.deepEqual([a.line, at(a)], [2, '0777']);
  assert.deepEqual(
    b.items.map((item) => [item.line, at(item)]),
    [
      [4, '"x\\ty"'],
      [5, "'it''s'"],
      [6, '|\r\n    two\r\n    lines'],
    ],
  );
});

test('nothing, ~ and null are null without quotes only', () => {
  const root = parseYaml('a:\nb: ~\nc: null\nd: "null"\ne: ""\n? f\n', 'f');
  assert.deepEqual(content(root), { a: null, b: null, c: null, d: 'null', e: '', f: null });
});

test('aliases and merge keys are what they stand for, at their own place', () => {
  const text = 'base: &b {x: 1, y: [&d /data, 2]}\nown: {<<: *b, x: 3}\nmany:\n  <<: [{z: 1}, *b]\ndir: *d\n';
  const root = parseYaml(text, 'f');
  assert.deepEqual(content(root), {
    base: { x: '1', y: ['/data', '2'] },
    own: { x: '3', y: ['/data', '2'] },
    many: { z: '1', x: '1', y: ['/data', '2'] },
    dir: '/data',
  });
  const dir = root.kind === 'map' ? root.entries.get('dir')! : assert.fail();
  assert.deepEqual([dir.line, text.slice(dir.start, dir.end), dir.isAlias], [5, '*d', true]);
});

test('an anchor means what stood last before the alias', () => {
  assert.deepEqual(content(parseYaml('- &a 1\n- *a\n- &a 2\n- *a\n', 'f')), ['1', '1', '2', '2']);
});

test('of a key that is there twice the last counts, and of documents the first', () => {
  assert.deepEqual(content(parseYaml('a: 1\na: 2\n---\na: 3\n', 'f')), { a: '2' });
  assert.deepEqual(content(parseYaml('# head\n---\na: 1\n---\n{broken', 'f')), { a: '1' });
});

test('JSON is YAML, with tabs too, and a byte order mark does not matter', () => {
  const value = { a: { b: ['x', { c: 'y/z' }] }, d: '\u{1f600} "q"' };
  assert.deepEqual(content(parseYaml(JSON.stringify(value, null, '\t'), 'f')), value);
  assert.deepEqual(content(parseYaml('\ufeffa: b\n', 'f')), { a: 'b' });
});

test('whatever a text holds comes back', () => {
  const value = fc.letrec((tie) => ({
    node: fc.oneof({ maxDepth: 4 }, text, fc.array(tie('node'), { maxLength: 4 }), tie('map')),
    map: fc.dictionary(text, tie('node'), { maxKeys: 4, noNullPrototype: true }),
  })).map;
  fc.assert(
    fc.property(value, fc.boolean(), (map, asJson) => {
      const source = asJson ? JSON.stringify(map) : stringify(map);
      assert.deepEqual(content(parseYaml(source, 'f')), map);
    }),
    { numRuns: 300 },
  );
});

const hostile: readonly (readonly [name: string, text: string, message: RegExp])[] = [
  ['nothing', '', /nothing is in the file/],
  ['only comments', '# a\n\n', /nothing is in the file/],
  ['an ELF file', 'a: b\n\x7fELF\0\0', /^etc\/f, line 2: it holds control characters/],
  ['a page of HTML', '<html>\n<body class="x">: y\n', /^etc\/f, line 1: not valid YAML: a key runs over/],
  ['a tab as indentation', 'a:\n\tb: c\n', /line 2: not valid YAML: a tab/],
  ['a bracket that stays open', 'a: b\nc: [d, e\nf: g\n', /not valid YAML/],
  ['a quote that stays open', 'a: b\nc: "secret-value\n', /not valid YAML: a quote/],
  ['an alias of nothing', 'a: b\nc: *secret-value\n', /line 2: not valid YAML: an alias names an anchor/],
  ['an alias of itself', 'a: &x [*x]\n', /an alias names an anchor/],
  ['brackets 100000 deep', '['.repeat(100_000), /nested too deeply|bracket/],
  ['lists 100000 deep', '- '.repeat(100_000), /nested too deeply/],
  [
    'mappings 400 deep',
    Array.from({ length: 400 }, (_, i) => `${' '.repeat(i)}a:`).join('\n'),
    /nested too deeply/,
  ],
  ['a million laughs', laughs(30, 10), /stands for more than 200000 values/],
  ['merged laughs', mergedLaughs(40), /stands for more than 200000 values|key/],
  ['a merge of no mapping', 'a: 1\n<<: text\n', /a merge key does not name a mapping/],
  ['a key that is a list', '[a, b]: c\n', /a key is not a text/],
  ['a file of two megabytes', `a: ${'x'.repeat(2 << 20)}`, /larger than 1048576 characters/],
];

for (const [name, text, message] of hostile) {
  test(`${name}: one clear error`, () => {
    const start = performance.now();
    assert.throws(
      () => parseYaml(text, 'etc/f'),
      (error) => {
        assert.ok(hasCode(error, 'CONFIG_FILE_INVALID'), String(error));
        assert.match(error.message, message);
        assert.match(error.message, /^etc\/f, line \d+: /);
        assert.doesNotMatch(error.message, /secret-value/);
        assert.equal(error.details['path'], 'etc/f');
        return true;
      },
    );
    assert.ok(performance.now() - start < 20_000);
  });
}

test('many keys and many uses of an anchor take no quadratic time', () => {
  const keys = Array.from({ length: 90_000 }, (_, i) => `k${i}: v`).join('\n');
  assert.equal(Object.keys(content(parseYaml(keys, 'f')) as object).length, 90_000);
  const uses = `- &a x\n${'- *a\n'.repeat(90_000)}`;
  assert.equal((content(parseYaml(uses, 'f')) as unknown[]).length, 90_001);
});

test('any text at all is a tree or one clear error', () => {
  const piece = fc.constantFrom(
    'a',
    ':',
    ' ',
    '\n',
    '- ',
    '[',
    ']',
    '{',
    '}',
    '&x ',
    '*x',
    '"',
    "'",
    '|',
    '>',
    '#',
    '? ',
    '<<: ',
    '!!str ',
    '%',
    '\t',
    ',',
    '---\n',
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 60 }), (pieces) => {
      try {
        parseYaml(pieces.join(''), 'f');
      } catch (error) {
        assert.ok(hasCode(error, 'CONFIG_FILE_INVALID'), String(error));
      }
    }),
    { numRuns: 2000 },
  );
});

const text = fc.string({ unit: 'grapheme', maxLength: 12 }).filter((value) => {
  // Neither YAML nor JSON text holds these, and `<<` is a merge key.
  return !/[\0-\x08\x0b\x0c\x0e-\x1f\x7f]/.test(value) && value !== '<<' && value !== '__proto__';
});

function content(node: YamlNode): unknown {
  if (node.kind === 'scalar') return node.isNull ? null : node.text;
  if (node.kind === 'list') return node.items.map(content);
  return Object.fromEntries([...node.entries].map(([key, value]) => [key, content(value)]));
}

function laughs(levels: number, width: number): string {
  const lines = ['a0: &a0 ha'];
  for (let i = 1; i <= levels; i++) {
    lines.push(`a${i}: &a${i} [${Array.from({ length: width }, () => `*a${i - 1}`).join(', ')}]`);
  }
  return lines.join('\n');
}

function mergedLaughs(levels: number): string {
  const lines = ['m0: &m0 {x: 1, y: 2}'];
  for (let i = 1; i <= levels; i++) lines.push(`m${i}: &m${i} {<<: *m${i - 1}, a${i}: *m${i - 1}}`);
  return lines.join('\n');
}
