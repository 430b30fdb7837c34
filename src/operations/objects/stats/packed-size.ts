/**
 * What rows would take in a database that has just been defragmented. Source of the fact: etcd
 * server/storage/backend/backend.go (defragdb fills pages to 0.9 in the order of keys) and bbolt node.go (a page is
 * full when the next row would pass the fill, and takes two rows at least), 3.6.14 and v1.4.3.
 */

const pageHeaderBytes = 16;
const elementBytes = 16;
/** Of the key of a row: main and sub revision with a mark between; a tombstone has one byte more. */
const rowKeyBytes = 17;
const fill = 0.9;
const rowsInPageAtLeast = 2;
/** Two metas, the root, a freelist, and what a few commits leave behind. */
const fixedPages = 8;

/** Room in one number for the size of a record beside its revision: beyond 2^53 the last bits of sizes are lost. */
const sizeRange = 2 ** 24;

/** Sizes of rows, collected in any order. Eight bytes a row. */
export class PackedRows {
  #rows = new Float64Array(1024);
  #length = 0;

  /** Adds a row of bucket `key`: a main revision with the size of its record. */
  add(modRevision: bigint, recordBytes: number): void {
    if (this.#length === this.#rows.length) {
      const grown = new Float64Array(2 * this.#length);
      grown.set(this.#rows);
      this.#rows = grown;
    }
    this.#rows[this.#length++] = Number(modRevision) * sizeRange + Math.min(recordBytes, sizeRange - 1);
  }

  /** Pages of a database that holds these rows and nothing else, defragmented. */
  pageCount(pageSize: number): number {
    const rows = this.#rows.subarray(0, this.#length).sort();
    let pages = fixedPages;
    let leaves = 0;
    let used = pageHeaderBytes;
    let count = 0;
    const endPage = () => {
      pages += Math.ceil(used / pageSize);
      leaves++;
      used = pageHeaderBytes;
      count = 0;
    };
    for (const row of rows) {
      const rowBytes = elementBytes + rowKeyBytes + (row % sizeRange);
      if (count >= rowsInPageAtLeast && used + rowBytes > pageSize * fill) endPage();
      used += rowBytes;
      count++;
    }
    if (count > 0) endPage();
    return pages + branchPages(leaves, pageSize);
  }
}

function branchPages(leaves: number, pageSize: number): number {
  const childrenInPage = Math.floor((pageSize * fill - pageHeaderBytes) / (elementBytes + rowKeyBytes));
  let pages = 0;
  for (let level = leaves; level > 1; pages += level) level = Math.ceil(level / childrenInPage);
  return pages;
}
