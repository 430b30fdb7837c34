import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { utf8 } from '../../base/index.ts';
import { buildRestoreWal, type RestoreWalOptions } from './build-restore-wal.ts';

// Logs written by etcdctl 3.4.23, etcdutl 3.5.30, 3.6.14 and 3.7.1 `snapshot restore`.

const threeMembers: RestoreWalOptions = {
  nodeId: 10037653774548662247n,
  clusterId: 0xe8d82b125df3fb94n,
  members: [
    member(744961120384328880n, 'm3', 'http://10.0.0.3:2380'),
    member(10037653774548662247n, 'm1', 'http://10.0.0.1:2380'),
    member(12914718753675913992n, 'm2', 'http://10.0.0.2:2380'),
  ],
};

const oneMember: RestoreWalOptions = {
  nodeId: 10276657743932975437n,
  clusterId: 0xcdf818194e3a8c32n,
  members: [member(10276657743932975437n, 'default', 'http://localhost:2380')],
};

function member(id: bigint, name: string, url: string) {
  return { id, json: utf8(`{"id":${id},"peerURLs":["${url}"],"name":"${name}"}`) };
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

const threeMembersBase64 =
  'BAAAAAAAAIQIBBAAAAAAACAAAAAAAAAACAEQ66DfgA0aFgjn79PS0Z26posBEJT3z++l4ors6AEOAAAAAAAAgggFEOzW4JwM' +
  'GgQIABAAAABrAAAAAAAAhQgCENG8oYYCGmEIARABGAEiWQgAEAAYsMnwv5LGqKsKIkl7ImlkIjo3NDQ5NjExMjAzODQzMjg4' +
  'ODAsInBlZXJVUkxzIjpbImh0dHA6Ly8xMC4wLjAuMzoyMzgwIl0sIm5hbWUiOiJtMyJ9AAAAAABuAAAAAAAAgggCEMK+n9QJ' +
  'GmQIARABGAIiXAgAEAAY5+/T0tGduqaLASJLeyJpZCI6MTAwMzc2NTM3NzQ1NDg2NjIyNDcsInBlZXJVUkxzIjpbImh0dHA6' +
  'Ly8xMC4wLjAuMToyMzgwIl0sIm5hbWUiOiJtMSJ9AABuAAAAAAAAgggCEPW9xugIGmQIARABGAMiXAgAEAAYiNa2t4CJk52z' +
  'ASJLeyJpZCI6MTI5MTQ3MTg3NTM2NzU5MTM5OTIsInBlZXJVUkxzIjpbImh0dHA6Ly8xMC4wLjAuMjoyMzgwIl0sIm5hbWUi' +
  'OiJtMiJ9AAAYAAAAAAAAAAgDEPf2i/8MGg4IARCwyfC/ksaoqwoYAzIAAAAAAACGCAUQpLzPkgkaKAgDEAEaIgiwyfC/ksao' +
  'qwoI5+/T0tGduqaLAQiI1ra3gImTnbMBKAAAAAAAAAA=';

test('three members, 3.5 and 3.6: byte for byte', () => {
  const bytes = buildRestoreWal(threeMembers);
  assert.equal(Buffer.from(bytes).toString('base64'), threeMembersBase64);
  assert.equal(sha256(bytes), '640563237cb043c311dd09bb89090ffd50403a229a569be1392779b0f97f0884');
});

test('three members, 3.4: only the last frame differs', () => {
  const bytes = buildRestoreWal({ ...threeMembers, flavour: '3.4' });
  assert.equal(bytes.length, 496);
  const ofNewer = Buffer.from(threeMembersBase64, 'base64');
  assert.deepEqual(bytes.subarray(0, 472), new Uint8Array(ofNewer.subarray(0, 472)));
  assert.equal(
    Buffer.from(bytes.subarray(472)).toString('hex'),
    '0e0000000000008208051088c4eed80d1a04080310010000',
  );
});

test('three members, 3.7: zeros left out', () => {
  const bytes = buildRestoreWal({ ...threeMembers, flavour: '3.7' });
  assert.equal(bytes.length, 528);
  assert.equal(sha256(bytes), '0854404483133196eeedf9193bbc792b0a3eb5fadbcb763c153e016f3d4c9f37');
});

test('one default member', () => {
  const bytes = buildRestoreWal(oneMember);
  assert.equal(bytes.length, 288);
  assert.equal(sha256(bytes), '5d6ef1158b8cf9062b717f2d86ae1cf6ef98f09cb5a0af0f259a839ff2050928');
});
