/** Whether objects of a resource are secrets as a whole, which nobody prints unasked. */
export function isSecret({
  group,
  resource,
}: {
  readonly group: string;
  readonly resource: string;
}): boolean {
  return resource === 'secrets' && group === '';
}
