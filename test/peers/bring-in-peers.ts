import { kubeApiserver } from './kube-apiserver.ts';
import { type PeerLine, peer, peerLines } from './peer.ts';
import { versitygw } from './versitygw.ts';

/**
 * Brings in every peer, one after another (two Go builds at once help nobody on a small machine), and prints a table.
 * Returns the lines that could not be had.
 */
export async function bringInPeers(print: (line: string) => void): Promise<PeerLine[]> {
  const missing: PeerLine[] = [];
  for (const line of peerLines) {
    const started = performance.now();
    try {
      const found = await peer(line, { retryFailed: true });
      const programs = [found.etcd, found.etcdctl, found.etcdutl, found.bbolt].filter(
        (path) => path !== undefined,
      );
      const seconds = ((performance.now() - started) / 1000).toFixed(1);
      const names = programs.map((path) => path.slice(path.lastIndexOf('/') + 1)).join(' ');
      print(`etcd ${line}  ${found.version.padEnd(8)} ${seconds.padStart(6)} s  ${names}`);
    } catch (error) {
      missing.push(line);
      print(`etcd ${line}  missing   ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  return missing;
}

/** Brings in kube-apiserver, which takes minutes the first time, and prints a line. False when it cannot be had. */
export function bringInKubeApiserver(print: (line: string) => void): Promise<boolean> {
  return bringInServer(print, 'Kubernetes', 'kube-apiserver', () => kubeApiserver({ retryFailed: true }));
}

/** Brings in the S3 server, which takes minutes the first time, and prints a line. False when it cannot be had. */
export function bringInVersitygw(print: (line: string) => void): Promise<boolean> {
  return bringInServer(print, 'S3', 'versitygw', () => versitygw({ retryFailed: true }));
}

async function bringInServer(
  print: (line: string) => void,
  title: string,
  program: string,
  bringIn: () => Promise<{ readonly version: string }>,
): Promise<boolean> {
  const started = performance.now();
  try {
    const { version } = await bringIn();
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    print(`${`${title} ${version}`.padEnd(18)}  ${seconds.padStart(6)} s  ${program}`);
    return true;
  } catch (error) {
    print(`${title} missing   ${error instanceof Error ? error.message : String(error)}`);
    return false;
  }
}
