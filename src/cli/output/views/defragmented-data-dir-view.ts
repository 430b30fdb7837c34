import type { DefragmentedDataDir } from '../../../operations/defragment/index.ts';
import { formatHumanSize } from '../human-size.ts';
import type { View } from '../view.ts';
import { rowsView } from './rows-view.ts';

/** etcdutl says it in its log only; scripts that count on silence look at the exit status. */
export function defragmentedDataDirView(result: DefragmentedDataDir): View {
  const { path, sizeBytesBefore, sizeBytes, tookMs } = result;
  const before = formatHumanSize(sizeBytesBefore);
  const after = formatHumanSize(sizeBytes);
  return {
    ...rowsView({
      header: ['path', 'before', 'after'],
      rows: [[path, before, after]],
      json: { path, sizeBytesBefore, sizeBytes, tookMs: Math.round(tookMs) },
    }),
    simple: (output) => output.line(`Defragmented ${path}: ${before} became ${after}`),
  };
}
