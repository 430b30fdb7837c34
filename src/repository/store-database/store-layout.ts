import type { Database } from '../../formats/bbolt/index.ts';
import { rowDigests } from '../keys/index.ts';
import { cutOtherPages, encodeLayout, type PageSurvey, readTail, surveyPages } from '../layout/index.ts';
import type { Repository } from '../open/index.ts';
import type { ContentStore } from './content-store.ts';
import type { CutTotals } from './row-cutter.ts';

/**
 * Finds out which pages of a file are made of its rows. To be done before anything is stored: what cannot be exact is
 * refused here. Errors: BACKUP_NOT_EXACT, those of `surveyPages`.
 */
export async function surveyExact(database: Database, signal: AbortSignal): Promise<PageSurvey> {
  const survey = await surveyPages(database, signal);
  encodeLayout({ ...survey, tail: readTail(database.source, survey), pageChunks: [] });
  return survey;
}

export interface StoreLayoutOptions {
  readonly repository: Repository;
  readonly store: ContentStore;
  readonly totals: CutTotals;
  readonly signal: AbortSignal;
}

/** Stores the other pages, and the layout; its id. Errors: BACKUP_NOT_EXACT, those of the file and the store. */
export async function storeLayout(
  { source }: Database,
  survey: PageSurvey,
  { repository, store, totals, signal }: StoreLayoutOptions,
): Promise<Uint8Array> {
  const digestOf = rowDigests(repository.keys.secrets.control);
  const pageChunks: Uint8Array[] = [];
  for await (const pages of cutOtherPages(source, survey, digestOf, signal)) {
    const id = store.idOf('pages', pages);
    const isNew = await store.add('pages', id, pages);
    totals[isNew ? 'newChunks' : 'reusedChunks']++;
    totals[isNew ? 'newBytes' : 'reusedBytes'] += pages.length;
    pageChunks.push(id);
  }
  const content = encodeLayout({ ...survey, tail: readTail(source, survey), pageChunks });
  const id = store.idOf('layout', content);
  await store.add('layout', id, content);
  return id;
}
