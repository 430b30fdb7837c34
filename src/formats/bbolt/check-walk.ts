import { type Finding, HoldfastError } from '../../base/index.ts';
import { corrupt, type Page, type StructureFault } from './page.ts';
import type { Admit, PageReader } from './page-reader.ts';

/** Findings kept; a file damaged everywhere would otherwise return one for each page. */
export const maximumFindings = 1000;

/** A check on its way through a file: which pages it has been to, and what it has found. */
export interface CheckWalk {
  readonly pages: PageReader;
  readonly report: Report;
  /** Whether a page was reached from the root. */
  isReached(id: number): boolean;
  /**
   * Reads a page and marks it, with its overflow, as reached; undefined when that is impossible or happened before.
   * Reads nothing twice, so that a whole check reads no more than the file.
   */
  enterPage(id: number, read: (id: number, admit: Admit) => Page): Page | undefined;
  /** Turns a DATABASE_CORRUPT thrown by `run` into a finding. */
  guarded<T>(run: () => T): T | undefined;
}

export type Report = (fault: StructureFault, message: string, where: Finding['where']) => void;

/**
 * Begins a check; `report` receives the findings.
 * @param reached a byte for each page, not 0 for those that are known to be in use; it is written to
 */
export function beginWalk(
  pages: PageReader,
  report: Report,
  reached: Uint8Array = new Uint8Array(pages.pageLimit),
): CheckWalk {
  const isReached = (id: number) => reached[id] !== 0;
  const claim = (id: number) => {
    if (isReached(id)) throw corrupt('page-twice', `page ${id}: used more than once`, { page: id });
    reached[id] = 1;
  };
  const admit: Admit = (id, overflow) => {
    for (let own = id + 1; own <= id + overflow && own < pages.pageLimit; own++) claim(own);
  };
  const guarded = <T>(run: () => T): T | undefined => {
    try {
      return run();
    } catch (error) {
      if (!(error instanceof HoldfastError) || error.code !== 'DATABASE_CORRUPT') throw error;
      const { fault, ...where } = error.details;
      report(fault as StructureFault, error.message, where as Finding['where']);
      return undefined;
    }
  };
  return {
    pages,
    report,
    isReached,
    guarded,
    enterPage(id, read) {
      return guarded(() => {
        if (id >= 2 && id < pages.pageLimit) claim(id);
        return read(id, admit);
      });
    },
  };
}
