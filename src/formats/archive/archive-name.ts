/**
 * Why a name in an archive is refused: undefined for one that stays below wherever it would be unpacked. Nothing is
 * ever unpacked under such a name; an archive that has one was not made by a backup tool.
 */
export function archiveNameFault(name: string): string | undefined {
  if (name === '') return 'is empty';
  if (name.includes('\0')) return 'holds a zero byte';
  if (name.startsWith('/') || name.startsWith('\\') || /^[A-Za-z]:/.test(name)) return 'is an absolute path';
  return name.split(/[/\\]/).includes('..') ? 'leads out of the archive' : undefined;
}
