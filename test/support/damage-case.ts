import type { StructureFault } from '../../src/formats/bbolt/index.ts';
import { DatabaseEditor } from './database-editor.ts';
import type { SampleDatabase } from './sample-database.ts';

/** One damage to a sound database, and what a check has to say about it. */
export interface DamageCase {
  readonly name: string;
  readonly bytes: Uint8Array;
  /** `fault @ page` or `fault @ bucket`, in the order of the findings, each once. */
  readonly finds: readonly Finds[];
  /** All findings are warnings. */
  readonly warns?: boolean;
  /** `bbolt check` does not come to an end, or takes gigabytes to get there. */
  readonly endless?: boolean;
}

export type Finds = StructureFault | `${StructureFault} @ ${string | number}`;

export const branch = 0x01;
export const leaf = 0x02;
export const freelist = 0x10;

export type Edit = (editor: DatabaseEditor, sample: SampleDatabase) => void;

/** A case made by an edit of the sample. */
export function damaged(
  sample: SampleDatabase,
  name: string,
  finds: readonly Finds[],
  edit: Edit,
): DamageCase {
  const editor = new DatabaseEditor(sample.bytes, sample.pageSize);
  edit(editor, sample);
  return { name, bytes: editor.bytes, finds };
}
