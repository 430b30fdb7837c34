import { layOutNode } from '../../../src/operations/demo/index.ts';
import type { ControlPlaneLayout, LayoutOptions } from './control-plane-options.ts';

/** Writes a kubeadm control-plane node's files under `root`, with nothing running yet and no data. */
export async function layOutControlPlane(options: LayoutOptions): Promise<ControlPlaneLayout> {
  const layout = await layOutNode({ ...options, etcdVersion: options.peer.version });
  return { ...layout, peer: options.peer };
}
