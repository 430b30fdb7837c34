import { MvccModel } from '../support/mvcc-model.ts';
import { snapshotBytes } from '../support/snapshot-file.ts';

/** A sound snapshot of about so many bytes, always the same. */
export function sampleSnapshot(sizeBytes: number): Uint8Array {
  const model = new MvccModel();
  for (let index = 0; index < 300; index++) {
    model.apply([{ key: `/registry/pods/p${index % 200}`, value: `${index} ${'x'.repeat(300)}` }]);
  }
  const large = 1 << 20;
  for (let index = 0; index < Math.floor(sizeBytes / large); index++) {
    model.apply([
      { key: `/registry/secrets/s${index}`, value: String.fromCharCode(97 + index).repeat(large) },
    ]);
  }
  return Uint8Array.from(snapshotBytes(model.store()));
}
