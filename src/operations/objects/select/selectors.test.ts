import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hasCode } from '../../../base/index.ts';
import { parseFieldSelector } from './field-selector.ts';
import { parseLabelSelector } from './label-selector.ts';

test('labels as kubectl selects them', () => {
  const labels = { app: 'web', tier: 'front', weight: '5', empty: '' };
  const yes = [
    '',
    'app=web',
    'app==web',
    'app!=db',
    'other!=x',
    'app in (web, db)',
    'other notin (a)',
    'app',
    '!other',
    'weight>4',
    'weight<6',
    'app=web,tier in (front)',
    'empty=',
  ];
  const no = [
    'app=db',
    'app!=web',
    'other',
    '!app',
    'app notin (web)',
    'other in (a)',
    'weight>5',
    'app=web,tier=back',
    'app>1',
  ];
  for (const text of yes) assert.ok(parseLabelSelector(text)(labels), text);
  for (const text of no) assert.ok(!parseLabelSelector(text)(labels), text);
  for (const text of ['a in b', 'a=b=c', '=a', 'a in (b', '__proto__ =='])
    assert.throws(
      () => parseLabelSelector(text),
      (error) => hasCode(error, 'USAGE'),
      text,
    );
  assert.ok(!parseLabelSelector('constructor')({}), 'what every object inherits is no label');
});

test('fields of any depth', () => {
  const object = { metadata: { name: 'a,b' }, status: { phase: 'Running', ready: true, count: 3 } };
  const yes = [
    'metadata.name=a\\,b',
    'status.phase!=Pending',
    'status.ready=true,status.count==3',
    'spec.nodeName=',
  ];
  const no = ['metadata.name=a', 'status.phase=Pending', 'spec.nodeName=n1', 'status=x'];
  for (const text of yes) assert.ok(parseFieldSelector(text).matches(object), text);
  for (const text of no) assert.ok(!parseFieldSelector(text).matches(object), text);
  assert.equal(parseFieldSelector('metadata.name=a').isMetadataOnly, true);
  assert.equal(parseFieldSelector('metadata.name=a,status.phase=b').isMetadataOnly, false);
  assert.throws(
    () => parseFieldSelector('phase'),
    (error) => hasCode(error, 'USAGE'),
  );
});
