import type { OperationContext } from '../../../base/index.ts';
import type { DemoSandbox } from '../sandbox/index.ts';
import type { DemoProof, DemoStage } from './demo-stage.ts';
import { deleteNamespace, loseDisk } from './disaster.ts';
import { prove } from './prove.ts';

/** The namespace that somebody deletes. */
const namespace = 'shop';
const backup = 'backup.db';
const listNamespaces = ['--root', 'cp1', 'objects', 'list', 'live', 'namespaces'];
const namespaceRows = new RegExp(`^(NAME|kube-system|${namespace}) `);

/**
 * Tells the story on a sandbox: find, save, verify, destroy, recover, prove. Resolves with the proof.
 *
 * Errors: those of the stage's `run`, of calls to etcd, TIMEOUT, INTERRUPTED.
 */
export async function tellDemo(
  sandbox: DemoSandbox,
  stage: DemoStage,
  ctx: OperationContext,
): Promise<readonly DemoProof[]> {
  await introduce(sandbox, stage);
  await findAndSave(stage);
  await destroy(sandbox, stage, ctx);
  await recover(sandbox, stage);
  stage.step('Prove it');
  stage.say(
    'The backup and the running cluster are asked the same questions. HashKV is a hash over every key, value and ' +
      'revision; to have one to compare with, the backup is restored once more, beside the cluster.',
  );
  const proofs = await prove({ sandbox, stage, backup, namespace });
  stage.proof(proofs);
  return proofs;
}

async function introduce(sandbox: DemoSandbox, stage: DemoStage): Promise<void> {
  const { directory, etcdVersion, isRealEtcd, layout } = sandbox;
  stage.step('A control plane');
  stage.say(
    `A kubeadm control-plane node, laid out under ${layout.nodeName}/ and running: etcd under mutual TLS with a sample ` +
      'cluster in it, API server, controller manager and scheduler, each a static pod.',
  );
  const real = `etcd is the real one, ${etcdVersion}; the kubelet, the API server and the controllers are stand-ins`;
  const standIns = 'The kubelet, the API server, the controllers and etcd are stand-ins';
  stage.say(
    `${isRealEtcd ? real : standIns}: small programs of holdfast that read the real ones' files and flags. ` +
      `Everything stays in ${directory}. On a node of yours, leave out "--root\u00a0${layout.nodeName}".`,
  );
  stage.command(`cd ${directory}`);
  await using etcd = await sandbox.openEtcd();
  const everything = Uint8Array.of(0);
  const { count } = await etcd.kv.range({ key: everything, rangeEnd: everything, countOnly: true });
  await stage.run(
    ['--root', layout.nodeName, 'objects', 'list', 'live', 'namespaces'],
    /^NAME|shop|kube-system/,
  );
  stage.say(`${count} keys are in etcd. Namespace ${namespace} is the one to watch.`);
  await stage.pause();
}

async function findAndSave(stage: DemoStage): Promise<void> {
  stage.step('Find etcd');
  stage.say("Endpoint and certificates are in etcd's manifest and beside it. Nobody has to type them.");
  await stage.run(
    ['--root', 'cp1', 'discover'],
    /^(etcd manifest|data dir|endpoints|client certificate|server version|healthy) /,
  );
  await stage.pause();

  stage.step('Save');
  stage.say('The stream is hashed as it arrives and compared with the digest at its end.');
  stage.byHand('etcdctl --endpoints=… --cacert=… --cert=… --key=… snapshot save backup.db');
  await stage.run(['--root', 'cp1', 'snapshot', 'save', backup]);
  await stage.pause();

  stage.step('Verify');
  stage.say('A backup that was never checked is a hope: digest, structure, every record.');
  stage.byHand('etcdutl snapshot status backup.db, which looks at the digest alone');
  await stage.run(['snapshot', 'verify', backup]);
  await stage.pause();
}

async function destroy(sandbox: DemoSandbox, stage: DemoStage, ctx: OperationContext): Promise<void> {
  stage.step('Disaster');
  stage.say('Somebody deletes the wrong namespace.');
  stage.command(`kubectl delete namespace ${namespace}`);
  const deleted = await deleteNamespace(sandbox, namespace);
  stage.say(
    `${deleted} objects are gone. (Here the demo deletes them in etcd: the stand-ins have no namespace controller.) ` +
      'Then the disk goes, too.',
  );
  const { pid, destroyed } = await loseDisk(sandbox, ctx);
  stage.command(`rm -rf ${destroyed} && kill -9 ${pid}`);
  stage.say(
    'The kubelet starts etcd again. It finds no data and begins a new, empty cluster, as etcd does: the worst ' +
      'morning of an administrator.',
  );
  await stage.run(listNamespaces);
  await stage.pause();
}

async function recover({ ready }: DemoSandbox, stage: DemoStage): Promise<void> {
  stage.step('Recover');
  stage.say(
    'Everything is planned and checked first; then the backup is restored beside the old data, the manifests are ' +
      'taken away, the directories swapped, the manifests given back, and what runs is compared with the backup. ' +
      'What fails is undone.',
  );
  stage.byHand(
    'etcdutl snapshot restore backup.db --data-dir /var/lib/etcd-new, with a bumped revision; the manifests out of ' +
      '/etc/kubernetes/manifests; wait until all has stopped; swap the directories; the manifests back; look.',
  );
  await stage.run(['--root', 'cp1', 'recover', backup, '--yes']);
  await ready();
  stage.say('The namespaces are back:');
  await stage.run(listNamespaces, namespaceRows);
  await stage.pause();
}
